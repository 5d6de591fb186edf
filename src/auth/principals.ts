import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import type { Principal } from '../common/security/principal';
import { SessionIdentityReader } from './session-identity.reader';
import { refused, type AccessTokenClaims } from './tokens/access-tokens';

/** Finds the person behind verified claims, as the database knows them now. */
@Injectable()
export class Principals {
  constructor(
    private readonly reader: SessionIdentityReader,
    private readonly clock: Clock,
  ) {}

  /**
   * Refuses with `invalid-token` when the user is gone or not active, the session has ended or got new tokens, or the user has
   * another address than the token says: an address that somebody else registered later inherits no token.
   */
  async ofAccessToken({ uid, sid, sub, authTime, sessionVersion }: AccessTokenClaims): Promise<Principal> {
    const found = await this.reader.find(uid, sid);
    if (!found) throw refused('unknown user');
    const { identity, session } = found;
    if (!identity.isActive) throw refused('inactive user');
    if (!session) throw refused('session');
    if (session.tokenVersion !== sessionVersion) throw refused('session version');
    if (identity.email !== sub) throw refused('subject');
    // Of session and token the one that says the longer time.
    const age = authTime === undefined ? 0 : this.clock.now() / 1000 - authTime;
    const authenticationAge = Math.max(session.authenticationAge, age);
    return { method: 'local-jwt', identity, sessionId: sid, authenticationAge };
  }
}
