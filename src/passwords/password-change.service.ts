import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import type { UserPrincipal } from '../security/principal';
import { invalidInput } from '../common/errors/invalid-input';
import { Database } from '../database/database';
import { SessionsService, type NewlyOpenSession } from '../sessions/sessions.service';
import { refused } from '../tokens/access-tokens';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';
import { PASSWORD } from './authentication-method';
import { NewPasswordsService } from './new-passwords.service';
import { PasswordAuthenticator, type VerifiedPassword } from './password-authenticator';
import { PASSWORD_CHANGE_FAILED, PASSWORD_CHANGED } from './password-events';

/** Password changes by users. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly database: Database,
    private readonly passwords: PasswordAuthenticator,
    private readonly newPasswords: NewPasswordsService,
    private readonly sessions: SessionsService,
    private readonly issuer: TokenIssuer,
    private readonly audit: Audit,
  ) {}

  /**
   * Changes the password, and in the same transaction ends the other sessions and replaces the tokens of the current one: the
   * change counts as an authentication. A caller without a session gets one. Refuses a wrong current password, and a new one
   * against the policy, with `invalid-input`.
   */
  async change(
    { identity, sessionId }: UserPrincipal,
    current: string,
    replacement: string,
  ): Promise<TokenPair> {
    const checked = await this.passwords.authenticate(identity.email, current);
    if (!checked.isVerified || checked.identity.id !== identity.id) return this.refuse(identity.id);
    const newHash = await this.newPasswords.hash(replacement, identity, '#/new_password');
    const session = await this.database.transaction((manager) =>
      this.replace(checked, newHash, sessionId, manager),
    );
    if (!session) return this.refuse(identity.id);
    if (sessionId === undefined) await this.sessions.endSurplus(identity.id);
    return this.issuer.issuePair(checked.identity, session);
  }

  /** Undefined when the credentials changed after the check. */
  private async replace(
    checked: VerifiedPassword,
    newHash: string,
    sessionId: string | undefined,
    manager: EntityManager,
  ): Promise<NewlyOpenSession | undefined> {
    const userId = checked.identity.id;
    // Locks the user's row: a login with the old password waits, and then finds that the version has changed.
    const newVersion = await this.newPasswords.store(checked, newHash, manager);
    if (newVersion === undefined) return undefined;
    const renewed = sessionId && (await this.sessions.renew(sessionId, [PASSWORD], manager));
    // A caller whose session ended while the password was hashed must not end the others.
    if (sessionId !== undefined && !renewed) throw refused('session');
    await this.sessions.endAll(userId, sessionId, 'password-changed', manager);
    const authentication = { userId, credentialsVersion: newVersion, methods: [PASSWORD] };
    const session = renewed || (await this.sessions.open(authentication, manager));
    if (!session) throw refused('inactive user');
    await this.audit.record(PASSWORD_CHANGED, { user_id: userId }, manager);
    return session;
  }

  private async refuse(userId: string): Promise<never> {
    await this.audit.record(PASSWORD_CHANGE_FAILED, { user_id: userId });
    throw invalidInput([{ pointer: '#/current_password', detail: 'is not your current password' }]);
  }
}
