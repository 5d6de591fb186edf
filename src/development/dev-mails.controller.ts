import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../security/public.decorator';
import { listMails, type FiledMail } from '../mail/filed-mails';

/** Registered only where mails are files: outside production, without a mail server. Not part of the API's document. */
@ApiExcludeController()
@Public()
@Controller('dev')
export class DevMailsController {
  /** The newest 100 mails, newest first. */
  @Get('mails')
  listMails(): Promise<FiledMail[]> {
    return listMails();
  }
}
