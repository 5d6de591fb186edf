import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { IdentityContext } from '../security/identity-context';
import { SessionsService, type Authentication, type NewlyOpenSession } from '../sessions/sessions.service';
import { LOGIN_SUCCEEDED } from './auth-events';
import { SignInMails } from './sign-in-mails.service';

/** Opens the sessions of sign-ins. */
@Injectable()
export class SignInSessions {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionsService,
    private readonly mails: SignInMails,
    private readonly audit: Audit,
  ) {}

  /**
   * Undefined when the credentials are no longer those that were checked.
   *
   * @param told who is told by mail when the device is new; absent for a sign-in of development
   */
  async open(authentication: Authentication, told?: IdentityContext): Promise<NewlyOpenSession | undefined> {
    if (told && (await this.mails.mayBeNewDevice(told))) return this.openAndTell(authentication, told);
    return this.sessions.openRecorded(authentication, LOGIN_SUCCEEDED, ({ userId, sessionId }) => {
      const facts = { user_id: userId, session_id: sessionId };
      return told ? facts : { ...facts, method: 'development' };
    });
  }

  /** The mail goes with the session, in one transaction. */
  private async openAndTell(
    authentication: Authentication,
    told: IdentityContext,
  ): Promise<NewlyOpenSession | undefined> {
    const session = await this.database.transaction(async (manager) => {
      const opened = await this.sessions.open(authentication, manager);
      if (!opened) return undefined;
      const facts = { user_id: opened.userId, session_id: opened.sessionId };
      await this.audit.record(LOGIN_SUCCEEDED, facts, manager);
      await this.mails.tellOfNewDevice(opened, told, manager);
      return opened;
    });
    if (session) await this.sessions.endSurplus(session.userId);
    return session;
  }
}
