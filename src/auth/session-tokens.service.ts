import { Injectable } from '@nestjs/common';
import type { ClientInfo } from '../common/http/client.decorator';
import { Audit } from '../common/logging/audit';
import { SessionsService } from '../sessions/sessions.service';
import { SessionIdentityReader } from './session-identity.reader';
import { signedIn, type SignedIn } from './signed-in';
import { AccessTokens, refused } from './tokens/access-tokens';

/** How people stay in and leave. */
@Injectable()
export class SessionTokensService {
  constructor(
    private readonly identities: SessionIdentityReader,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Exchanges a refresh token for new tokens; refuses with `invalid-token`. Where it stops half-way, a retry within the grace
   * goes on: the exchange is done once and answered as often as asked.
   */
  async refresh(refreshToken: string, client: ClientInfo): Promise<SignedIn> {
    const session = await this.sessions.refresh(refreshToken, client);
    if (!session) throw refused('refresh token');
    const found = await this.identities.find(session.userId, session.sessionId);
    if (!found?.session) throw refused('session');
    const { identity } = found;
    this.audit.record('auth.refreshed', {
      user_id: identity.id,
      session_id: session.sessionId,
      ip_address: client.ipAddress,
    });
    return signedIn(this.tokens, identity, { ...session, ...found.session });
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
