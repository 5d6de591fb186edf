import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../security/public.decorator';
import { CONTENT_TYPE, exposition } from './exposition';

/** `/metrics` of the main port; not part of the API's document. */
@ApiExcludeController()
@Public()
@Controller('metrics')
export class MetricsController {
  @Get()
  @Header('Content-Type', CONTENT_TYPE)
  getMetrics(): Promise<string> {
    return exposition();
  }
}
