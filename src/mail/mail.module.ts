import { Module } from '@nestjs/common';
import { MailConfig } from '../config/mail.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { cleanup } from '../jobs/cleanup';
import { JobsModule } from '../jobs/jobs.module';
import { UsersModule } from '../users/users.module';
import { VerificationModule } from '../verification/verification.module';
import { FileTransport } from './file-transport';
import { MailComposer } from './mail-composer.service';
import { MailQueueGauges } from './mail-queue-gauges.service';
import { MailQueue } from './mail-queue.service';
import { MailPreparation } from './mail-preparation.service';
import { MailSender } from './mail-sender.service';
import { MailTemplates } from './mail-templates';
import { MailTransport } from './mail-transport';
import { MailsRepository } from './mails.repository';
import { Outbox } from './outbox.service';
import { SmtpTransport } from './smtp-transport';

/** Mails: taken in with the act that causes them, sent by a job. */
@Module({
  imports: [JobsModule, UsersModule, VerificationModule],
  providers: [
    MailPreparation,
    MailComposer,
    MailQueue,
    MailQueueGauges,
    MailSender,
    MailsRepository,
    Outbox,
    cleanup({
      name: 'mail-cleanup',
      lock: ADVISORY_LOCKS.mailCleanup,
      repository: MailsRepository,
      deletions: (mails) => [(limit, manager) => mails.deleteEnded(limit, manager)],
    }),
    {
      provide: MailTemplates,
      inject: [MailConfig],
      useFactory: ({ templates }: MailConfig) => MailTemplates.load(templates),
    },
    {
      provide: MailTransport,
      inject: [MailConfig],
      useFactory: (config: MailConfig) =>
        config.delivery === 'smtp' ? new SmtpTransport(config) : new FileTransport(config),
    },
  ],
  exports: [Outbox],
})
export class MailModule {}
