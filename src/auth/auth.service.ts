import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { ClientInfo } from '../common/http/client.decorator';
import { Audit } from '../common/logging/audit';
import { Database } from '../database/database';
import { SessionsService, type OpenSession } from '../sessions/sessions.service';
import { AccountsService, type CheckedPassword } from './accounts.service';
import { signedIn, type SignedIn } from './signed-in';
import { AccessTokens } from './tokens/access-tokens';

/** How people come in. */
@Injectable()
export class AuthService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsService,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /** Makes an account and signs the person in. */
  async register(
    account: { email: string; password: string; name: string },
    client: ClientInfo,
  ): Promise<SignedIn> {
    const prepared = await this.accounts.prepare(account);
    const result = await this.database.transaction(async (manager) => {
      const identity = await this.accounts.create(prepared, manager);
      const session = await this.sessions.open(identity.id, prepared.passwordHash, client, manager);
      if (!session) throw new Error('a new account cannot sign in');
      return signedIn(this.tokens, identity, session);
    });
    this.audit.record('auth.registered', { user_id: result.identity.id });
    return result;
  }

  /** Signs a person in; refuses with `invalid-credentials`, whatever the cause. */
  async login(email: string, password: string, client: ClientInfo): Promise<SignedIn> {
    const checked = await this.accounts.check(email, password);
    const session = checked && (await this.openSession(checked, client));
    if (!session) {
      this.audit.record('auth.login.failed', { ip_address: client.ipAddress });
      throw new AppError('invalid-credentials');
    }
    this.audit.record('auth.login.succeeded', { user_id: session.userId, session_id: session.sessionId });
    return signedIn(this.tokens, checked.identity, session);
  }

  private openSession(checked: CheckedPassword, client: ClientInfo): Promise<OpenSession | undefined> {
    return this.database.transaction(async (manager) => {
      const session = await this.sessions.open(checked.identity.id, checked.passwordHash, client, manager);
      if (session) await this.accounts.upgradeHash(checked, manager);
      return session;
    });
  }
}
