import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import { SessionsService, type Authentication, type NewlyOpenSession } from '../sessions/sessions.service';
import { PASSWORD } from '../passwords/authentication-method';
import { PasswordAuthenticator, type RefusedPassword } from '../passwords/password-authenticator';
import { PasswordRegistrationService, type Registration } from '../passwords/password-registration.service';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';
import { LOGIN_FAILED, LOGIN_SUCCEEDED, REGISTERED } from './auth-events';

/** Registration and password sign-in. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly registration: PasswordRegistrationService,
    private readonly passwords: PasswordAuthenticator,
    private readonly sessions: SessionsService,
    private readonly issuer: TokenIssuer,
    private readonly audit: Audit,
  ) {}

  /** Creates a user and signs them in. */
  async register(request: Registration): Promise<TokenPair> {
    const prepared = await this.registration.prepare(request);
    const pair = await this.database.transaction(async (manager) => {
      const { identity, credentialsVersion } = await this.registration.create(prepared, manager);
      const authentication = { userId: identity.id, credentialsVersion, methods: [PASSWORD] };
      const session = await this.sessions.open(authentication, manager);
      if (!session) throw new Error('a new user cannot sign in');
      return this.issuer.issuePair(identity, session);
    });
    this.audit.record(REGISTERED, { user_id: pair.identity.id });
    return pair;
  }

  /** Signs a user in; refuses with `invalid-credentials` for every cause. */
  async login(email: string, password: string): Promise<TokenPair> {
    const checked = await this.passwords.authenticate(email, password);
    if (!checked.isVerified) return this.refuse(checked);
    const { identity, credentialsVersion } = checked;
    const session = await this.open({ userId: identity.id, credentialsVersion, methods: [PASSWORD] });
    if (!session) return this.refuse({ userId: identity.id, reason: 'changed meanwhile' });
    this.audit.record(LOGIN_SUCCEEDED, { user_id: identity.id, session_id: session.sessionId });
    await this.passwords.upgradeHash(checked, password);
    return this.issuer.issuePair(identity, session);
  }

  /** Signs in an existing active user by address alone, for development only. Undefined when there is none. */
  async signInWithoutPassword(email: string): Promise<TokenPair | undefined> {
    const found = await this.passwords.find(email);
    if (!found?.identity.isActive) return undefined;
    const { identity, credentialsVersion } = found;
    const session = await this.open({ userId: identity.id, credentialsVersion, methods: [] });
    if (!session) return undefined;
    const facts = { user_id: identity.id, session_id: session.sessionId, method: 'development' } as const;
    this.audit.record(LOGIN_SUCCEEDED, facts);
    return this.issuer.issuePair(identity, session);
  }

  private async open(authentication: Authentication): Promise<NewlyOpenSession | undefined> {
    const session = await this.database.transaction((manager) => this.sessions.open(authentication, manager));
    if (session) await this.sessions.endSurplus(session.userId);
    return session;
  }

  private refuse({ userId, reason }: Pick<RefusedPassword, 'userId' | 'reason'>): never {
    this.audit.record(LOGIN_FAILED, { user_id: userId, reason });
    throw new AppError('invalid-credentials');
  }
}
