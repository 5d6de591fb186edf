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

/** Changes of a password by its user. */
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
   * Puts a new password in the place of the current one. At the same moment the other sessions end, and so do the tokens of
   * the present one, which goes on with new ones: this is an authentication. A caller without a session gets one. Refuses a
   * wrong current password, and an unfit new one, with `invalid-input`.
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
    this.audit.record(PASSWORD_CHANGED, { user_id: identity.id });
    return this.issuer.issuePair(checked.identity, session);
  }

  /** Undefined when the password was changed since it was checked. */
  private async replace(
    { identity: { id: userId }, credentialsVersion }: VerifiedPassword,
    newHash: string,
    sessionId: string | undefined,
    manager: EntityManager,
  ): Promise<NewlyOpenSession | undefined> {
    // The row of the user is locked from here on: a login with the old password waits, and then finds its version gone.
    const newVersion = await this.newPasswords.store({ userId, credentialsVersion }, newHash, manager);
    if (newVersion === undefined) return undefined;
    const renewed = sessionId && (await this.sessions.renew(sessionId, [PASSWORD], manager));
    // Whoever was signed out while the password was hashed must not sign out the others.
    if (sessionId !== undefined && !renewed) throw refused('session');
    await this.sessions.endAll(userId, sessionId, 'password-changed', manager);
    const authentication = { userId, credentialsVersion: newVersion, methods: [PASSWORD] };
    const session = renewed || (await this.sessions.open(authentication, manager));
    if (!session) throw refused('inactive user');
    return session;
  }

  private refuse(userId: string): never {
    this.audit.record(PASSWORD_CHANGE_FAILED, { user_id: userId });
    throw invalidInput([{ pointer: '#/current_password', detail: 'is not your current password' }]);
  }
}
