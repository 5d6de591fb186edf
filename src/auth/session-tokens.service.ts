import { Injectable } from '@nestjs/common';
import { Audit } from '../common/logging/audit';
import { Database } from '../database/database';
import { IdentityContextReader } from '../identity/identity-context.reader';
import { SessionsService } from '../sessions/sessions.service';
import { signedIn, type SignedIn } from './signed-in';
import { AccessTokens, refused } from './tokens/access-tokens';

/** How people stay in and leave. */
@Injectable()
export class SessionTokensService {
  constructor(
    private readonly database: Database,
    private readonly identities: IdentityContextReader,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /** Exchanges a refresh token for new tokens; refuses with `invalid-token`. */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const result = await this.database.transaction(async (manager) => {
      const session = await this.sessions.refresh(refreshToken, manager);
      return (
        session && signedIn(this.tokens, await this.identities.getById(session.userId, manager), session)
      );
    });
    if (!result) throw refused('refresh token');
    this.audit.record('auth.refreshed', { user_id: result.identity.id });
    return result;
  }

  /**
   * Ends the session of a refresh token, and that of an access token (an expired one is proof enough). A session that has
   * ended already is no error; an access token that is not ours is refused with `invalid-token`, after the other has done
   * its work.
   */
  async logout(accessToken: string | undefined, refreshToken: string | undefined): Promise<void> {
    if (refreshToken !== undefined) await this.sessions.endByToken(refreshToken, 'logout');
    if (accessToken !== undefined) {
      const { sid, uid } = this.tokens.verifyForLogout(accessToken);
      await this.sessions.end(sid, uid, 'logout');
    }
  }
}
