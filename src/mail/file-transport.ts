import { Logger } from '@nestjs/common';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MailConfig } from '../config/mail.config';
import { MailFault, MailTransport, type OutgoingMail } from './mail-transport';
import { messageOf } from './message';

/** Where mails are without a mail server, outside production; relative to the working directory. */
export const MAIL_FOLDER = join('.data', 'mail');

/** Writes each mail to a file, as it would go over the wire. */
export class FileTransport extends MailTransport {
  private readonly logger = new Logger('Mail');

  constructor(private readonly config: MailConfig) {
    super();
  }

  async send(mail: OutgoingMail): Promise<void> {
    try {
      const file = await this.write(mail);
      this.logger.log({
        msg: 'a mail was written to a file: AUTH_SMTP_URL is not set',
        file,
        mail_id: mail.id,
      });
    } catch (error) {
      throw new MailFault(`${MAIL_FOLDER} cannot be written`, false, true, error, true);
    }
  }

  close(): void {
    // holds nothing
  }

  private async write(mail: OutgoingMail): Promise<string> {
    const { createTransport } = await import('nodemailer');
    const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
    const { message } = await composer.sendMail(messageOf(mail, this.config.from));
    await mkdir(MAIL_FOLDER, { recursive: true });
    // Named by time, so that they are listed in order; there when they are whole.
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${mail.id}.eml`;
    const unfinished = join(MAIL_FOLDER, `.${name}`);
    await writeFile(unfinished, message as Buffer, { mode: 0o600 });
    await rename(unfinished, join(MAIL_FOLDER, name));
    return join(MAIL_FOLDER, name);
  }
}
