import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { MailConfig } from '../config/mail.config';
import { Outbox } from '../mail/outbox.service';
import type { IdentityContext } from '../security/identity-context';
import { SessionsService, type NewlyOpenSession } from '../sessions/sessions.service';
import { LOGIN_FAILED } from './auth-events';

/** What sign-ins have to do with mail: the address that must be verified first, and the notice of a new device. */
@Injectable()
export class SignInMails {
  constructor(
    private readonly config: MailConfig,
    private readonly outbox: Outbox,
    private readonly sessions: SessionsService,
    private readonly audit: Audit,
  ) {}

  /**
   * Refuses with `address-not-verified` a user whose password was right, where the settings want a verified address, and has a
   * new code sent, at most every 10 minutes.
   */
  async assertVerified({ id, email, emailVerified }: IdentityContext): Promise<void> {
    if (!this.config.requireVerifiedEmail || emailVerified) return;
    if (this.outbox.isOpen) {
      await this.outbox.request(
        'email-verification',
        { userId: id, address: email },
        { facts: { signs_in: 'true' } },
      );
    }
    await this.audit.record(LOGIN_FAILED, { user_id: id, reason: 'address not verified' });
    throw new AppError('address-not-verified');
  }

  /** Whether a sign-in of the current request may have to be told of. */
  async mayBeNewDevice({ id }: IdentityContext): Promise<boolean> {
    return this.config.notifyNewDevice && this.outbox.isOpen && (await this.sessions.hasOnlyOtherDevices(id));
  }

  /** Tells a user of a session from a device that none of their known sessions is from, in the transaction of the sign-in. */
  async tellOfNewDevice(
    session: NewlyOpenSession,
    { id, email }: IdentityContext,
    manager: EntityManager,
  ): Promise<void> {
    if (!(await this.sessions.isFromNewDevice(session, manager))) return;
    await this.outbox.notify('new-device', { userId: id, address: email }, manager);
  }
}
