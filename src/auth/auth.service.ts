import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { RequestOrigin } from '../common/request-origin';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import { SessionsService } from '../sessions/sessions.service';
import {
  PasswordAuthenticator,
  type VerifiedPassword,
  type RefusedPassword,
} from '../passwords/password-authenticator';
import { signedIn, type TokenPair } from '../tokens/token-issuer';
import { PASSWORD } from '../passwords/authentication-method';
import { AccessTokens } from '../tokens/access-tokens';
import { LOGIN_FAILED, LOGIN_SUCCEEDED, REGISTERED } from './auth-events';

/** How people come in. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly accounts: PasswordAuthenticator,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /** Makes an account and signs the person in. */
  async register(
    account: { email: string; password: string; name: string },
    origin: RequestOrigin,
  ): Promise<TokenPair> {
    const prepared = await this.accounts.prepare(account);
    const result = await this.database.transaction(async (manager) => {
      const identity = await this.accounts.create(prepared, manager);
      const authentication = {
        userId: identity.id,
        passwordHash: prepared.passwordHash,
        methods: [PASSWORD],
      };
      const session = await this.sessions.open(authentication, origin, manager);
      if (!session) throw new Error('a new account cannot sign in');
      return signedIn(this.tokens, identity, session);
    });
    this.audit.record(REGISTERED, { user_id: result.identity.id });
    return result;
  }

  /** Signs a person in; refuses with `invalid-credentials`, whatever the cause. */
  async login(email: string, password: string, origin: RequestOrigin): Promise<TokenPair> {
    let refused: RefusedPassword | undefined;
    const result = await this.accounts.authenticateAnd(
      email,
      password,
      (checked) => this.enter(checked, origin),
      (refusal) => (refused = refusal),
    );
    if (!result) {
      this.audit.record(LOGIN_FAILED, { user_id: refused?.userId, reason: refused?.reason });
      throw new AppError('invalid-credentials');
    }
    return result;
  }

  /** Signs in an existing active user whose address alone is known: for development only. Undefined when there is none. */
  async signInWithoutPassword(email: string, origin: RequestOrigin): Promise<TokenPair | undefined> {
    const found = await this.accounts.find(email);
    if (!found?.identity.isActive) return undefined;
    const { identity, passwordHash } = found;
    const session = await this.database.transaction((manager) =>
      this.sessions.open({ userId: identity.id, passwordHash, methods: [] }, origin, manager),
    );
    if (!session) return undefined;
    await this.sessions.limit(identity.id);
    this.audit.record(LOGIN_SUCCEEDED, {
      user_id: identity.id,
      session_id: session.sessionId,
      method: 'development',
    });
    return signedIn(this.tokens, identity, session);
  }

  /** Undefined when the password is no longer the person's, or they may not come in any more. */
  private async enter(checked: VerifiedPassword, origin: RequestOrigin): Promise<TokenPair | undefined> {
    const { identity } = checked;
    const session = await this.database.transaction(async (manager) => {
      // First, because it takes the stronger lock: logins that hold a weaker one would wait for each other.
      const passwordHash = await this.accounts.upgradeHash(checked, manager);
      return passwordHash === undefined
        ? undefined
        : this.sessions.open({ userId: identity.id, passwordHash, methods: [PASSWORD] }, origin, manager);
    });
    if (!session) return undefined;
    await this.sessions.limit(identity.id);
    this.audit.record(LOGIN_SUCCEEDED, { user_id: identity.id, session_id: session.sessionId });
    return signedIn(this.tokens, identity, session);
  }
}
