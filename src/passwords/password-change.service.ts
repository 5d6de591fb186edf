import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../common/request-origin';
import { Audit } from '../audit/audit';
import type { UserPrincipal } from '../security/principal';
import { invalidInput } from '../common/errors/invalid-input';
import { Database } from '../database/database';
import { SessionsService, type NewlyOpenSession } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { PasswordAuthenticator, type VerifiedPassword } from './password-authenticator';
import { PASSWORD } from './authentication-method';
import { PASSWORD_CHANGE_FAILED, PASSWORD_CHANGED } from './password-events';
import { signedIn, type TokenPair } from '../tokens/token-issuer';
import { AccessTokens, refused } from '../tokens/access-tokens';

/** How people change their password. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly database: Database,
    private readonly accounts: PasswordAuthenticator,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Puts a new password in the place of the current one. At the same moment the other sessions end, and so do the tokens of
   * the present one, which goes on with new ones: this is an authentication. A caller without a session gets one. Refuses a
   * wrong current password, and an unfit new one, with `invalid-input`.
   */
  async change(
    principal: UserPrincipal,
    current: string,
    replacement: string,
    origin: RequestOrigin,
  ): Promise<TokenPair> {
    const { identity } = principal;
    const result = await this.accounts.authenticateAnd(identity.email, current, async (checked) => {
      if (checked.identity.id !== identity.id) return undefined;
      const newHash = await this.accounts.hashNew(replacement, identity, '#/new_password');
      const session = await this.replace(checked, newHash, principal, origin);
      return session && signedIn(this.tokens, checked.identity, session);
    });
    if (!result) {
      this.audit.record(PASSWORD_CHANGE_FAILED, { user_id: identity.id });
      throw invalidInput([{ pointer: '#/current_password', detail: 'is not your current password' }]);
    }
    if (principal.sessionId === undefined) await this.sessions.limit(identity.id);
    this.audit.record(PASSWORD_CHANGED, { user_id: identity.id });
    return result;
  }

  /** Undefined when the password was changed since it was checked. */
  private replace(
    { identity, passwordHash }: VerifiedPassword,
    newHash: string,
    { sessionId }: UserPrincipal,
    origin: RequestOrigin,
  ): Promise<NewlyOpenSession | undefined> {
    const authentication = { userId: identity.id, passwordHash: newHash, methods: [PASSWORD] };
    return this.database.transaction(async (manager) => {
      // The row of the user is locked from here on: a login with the old password waits, and then finds it gone.
      const replaced = await this.users.replacePasswordHash(identity.id, passwordHash, newHash, manager);
      if (!replaced) return undefined;
      const renewed = sessionId && (await this.sessions.renew(sessionId, [PASSWORD], manager));
      // Whoever was signed out while the password was hashed must not sign out the others.
      if (sessionId !== undefined && !renewed) throw refused('session');
      await this.sessions.endAll(identity.id, sessionId, 'password-changed', manager);
      const session = renewed || (await this.sessions.open(authentication, origin, manager));
      if (!session) throw refused('inactive user');
      return session;
    });
  }
}
