import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { MailFacts } from '../mail/mails.repository';
import { Outbox } from '../mail/outbox.service';
import { ReauthenticationService } from '../passwords/reauthentication.service';
import type { UserPrincipal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import { requireEmail } from '../users/email';
import { EMAIL_CHANGE_REQUESTED } from './recovery-events';

/** Users who ask for another address. */
@Injectable()
export class EmailChangeRequestService {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly authority: AuthorityService,
    private readonly reauthentication: ReauthenticationService,
    private readonly audit: Audit,
  ) {}

  /** Has a code sent to the new address, and a notice to the present one. A taken address makes no difference (R90). */
  async request(principal: UserPrincipal, address: string, password: string | undefined): Promise<void> {
    this.outbox.assertOpen();
    await this.reauthentication.require(principal, password);
    const { id: userId, email } = principal.identity;
    const wanted = requireEmail(address);
    if (wanted === email) return;
    const facts: MailFacts = principal.sessionId === undefined ? {} : { session_id: principal.sessionId };
    await this.database.transaction(async (manager) => {
      await this.authority.lock(principal, manager, [userId]);
      await this.outbox.request('email-change', { userId, address: wanted }, { facts }, manager);
      await this.outbox.notify('email-change-requested', { userId, address: email }, manager);
      await this.audit.record(EMAIL_CHANGE_REQUESTED, { user_id: userId }, manager);
    });
  }
}
