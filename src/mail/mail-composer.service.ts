import { Injectable } from '@nestjs/common';
import { MailConfig } from '../config/mail.config';
import { VerificationCodes } from '../verification/verification-codes.service';
import { CODES_IN_MAILS, type CodeInMail, type MailKind } from './mail-kind';
import type { MailValues } from './mail-template';
import { MailTemplates } from './mail-templates';
import { MailFault, type OutgoingMail } from './mail-transport';
import type { DueMail } from './mails.repository';

/** Makes mails of the rows of the queue. */
@Injectable()
export class MailComposer {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly templates: MailTemplates,
    private readonly config: MailConfig,
  ) {}

  /** Throws a final `MailFault` when the code cannot be made again. */
  compose(mail: DueMail): OutgoingMail {
    const kind = mail.kind as MailKind;
    const inMail = CODES_IN_MAILS[kind];
    const values: MailValues = {
      name: mail.name ?? '',
      address: mail.address,
      ...mail.facts,
      ...(inMail && this.codeValues(mail, inMail)),
    };
    return { ...this.templates.render(kind, values), id: mail.id, to: mail.address };
  }

  /** Links are made of settings, never of a request (R94); what is behind `#` reaches no log (R89). */
  private codeValues(
    { codeSeed: seed, codeHash: hash }: DueMail,
    { page, lifetime }: CodeInMail,
  ): MailValues {
    const code = seed && hash ? this.codes.recover({ seed, hash }) : undefined;
    if (code === undefined)
      throw new MailFault('no key of this process makes the code of the mail', true, false);
    return {
      code: code.replace(/^(.{6})(.{5})(.{5})(.{5})/, '$1-$2-$3-$4-'),
      link: `${this.config.accountUrl}/${page}#code=${code}`,
      lifetime,
    };
  }
}
