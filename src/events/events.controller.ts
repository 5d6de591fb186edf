import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { EventStreams } from './event-streams';

const EXAMPLE = `event: hello
data: {"bound_ms":2000,"server_time":"2026-11-27T09:30:00.000Z"}

event: session-ended
data: {"sid":"5d6f3f43-35a9-4b4b-a6a4-6d4b7b2f7a10"}

`;

@ApiTags('Validation')
@Controller('auth')
export class EventsController {
  constructor(private readonly streams: EventStreams) {}

  /**
   * Follow what ends or changes answers
   * @remarks For services that keep answers about tokens. `hello` begins a stream, `session-ended`, `user-changed`, `user-ended` and
   * `all-changed` say which answers are over, `heartbeat` comes each second, `reset` says that events were missed: forget
   * everything. Ids only; ignore unknown kinds. Nothing is repeated: forget everything after connecting anew. Without an event for
   * `bound_ms` and a second, trust nothing that was kept.
   */
  @Get('events')
  @RequirePermission('tokens:validate')
  @ApiOkResponse({
    description: 'A stream that goes on until either side ends it',
    content: { 'text/event-stream': { schema: { type: 'string', example: EXAMPLE } } },
  })
  async followEvents(@Req() { principal, method }: Request, @Res() response: Response): Promise<void> {
    if (principal?.kind !== 'service') throw new AppError('forbidden', { reason: 'no service' });
    if (method === 'HEAD') return void response.type('text/event-stream').end();
    await this.streams.open(response, principal);
  }
}
