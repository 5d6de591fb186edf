import { Injectable } from '@nestjs/common';
import { userPrincipal, type UserPrincipal } from '../security/principal';
import { SessionIdentityReader, type ActiveSession } from '../identity/session-identity.reader';
import { refused, type AccessTokenClaims } from '../tokens/access-tokens';

/** Finds the person behind verified claims, as the database knows them now. */
@Injectable()
export class AccessTokenPrincipalResolver {
  constructor(private readonly reader: SessionIdentityReader) {}

  /**
   * Refuses with `invalid-token` when the user is gone or not active, the session has ended or got new tokens, or the user has
   * another address than the token says: an address that somebody else registered later inherits no token.
   */
  async ofAccessToken({
    uid,
    sid,
    sub,
    authTime,
    sessionVersion,
  }: AccessTokenClaims): Promise<UserPrincipal> {
    const found = await this.reader.find(uid, sid);
    if (!found) throw refused('unknown user');
    const { identity, session } = found;
    if (!identity.isActive) throw refused('inactive user');
    if (!session) throw refused('session');
    if (session.tokenVersion !== sessionVersion) throw refused('session version');
    if (identity.email !== sub) throw refused('subject');
    return userPrincipal({
      method: 'local-jwt',
      identity,
      sessionId: sid,
      authenticationAge: authenticationAge(session, authTime),
    });
  }
}

/**
 * Seconds since the sign-in: of session and token the earlier one counts. The clock of this machine does not: it may differ
 * from the one that `authTime` is of.
 */
function authenticationAge(session: ActiveSession, authTime: number | undefined): number {
  if (authTime === undefined) return session.authenticationAge;
  const earlier = Math.floor(session.authenticatedAt.getTime() / 1000) - authTime;
  return session.authenticationAge + Math.max(0, earlier);
}
