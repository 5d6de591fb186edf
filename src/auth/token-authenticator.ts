import type { Clock } from '../common/clock';
import type { JsonObject } from '../common/json-object';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { FederatedIdentityService } from '../federation/federated-identity.service';
import type { ProviderRegistry } from '../federation/provider-registry';
import type { ProviderTokenVerifier } from '../federation/provider-token-verifier';
import type { ActiveSession, SessionIdentityReader } from '../identity/session-identity.reader';
import { userPrincipal, type UserPrincipal } from '../security/principal';
import { refused, type AccessTokens } from '../tokens/access-tokens';
import { decodeCompactJws, type UnverifiedToken } from '../tokens/compact-jws';

/** As far as the clock of a provider may be ahead at most: the highest leeway. */
const MOST_AHEAD_SECONDS = 60;

/** A bearer token, read once and not yet verified. */
export interface BearerCredential {
  readonly token: UnverifiedToken;
  /** The configured provider that the token names as its issuer, whose rules it is checked by; undefined: ours. */
  readonly provider: OidcIssuer | undefined;
}

/**
 * The one decision on tokens, for the guard, `POST /auth/validate` and whatever else is handed one: which verifier a token
 * belongs to, whether it is good, and whose it is. Free of HTTP. It refuses with a code that refuses tokens; whatever else
 * is thrown means that nobody can say (an outage).
 */
export class TokenAuthenticator {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly tokens: AccessTokens,
    private readonly sessions: SessionIdentityReader,
    private readonly providerTokens: ProviderTokenVerifier,
    private readonly providerIdentities: FederatedIdentityService,
    private readonly clock: Clock,
  ) {}

  /** Decodes a token and chooses its verifier by the issuer that it names; the verifier checks that again. */
  read(text: string): BearerCredential {
    const token = decodeCompactJws(text);
    if (!token) throw refused('form');
    return { token, provider: this.providers.find(token.payload.iss) };
  }

  /** Verifies a token wholly, and answers the user behind it. */
  async authenticate({ token, provider }: BearerCredential): Promise<UserPrincipal> {
    return provider ? this.ofProvider(token, provider) : this.ofClaims(this.tokens.verifySignature(token));
  }

  /**
   * The user behind an access token of ours whose signature is good. Refuses when its claims are not good, the user is gone or
   * not active, the session has ended or got new tokens, or the user has another address than the token says: an address
   * that another user registered later inherits no token.
   */
  async ofClaims(claims: JsonObject): Promise<UserPrincipal> {
    const { uid, sid, sub, authTime, sessionVersion } = this.tokens.checkClaims(claims);
    const found = await this.sessions.find(uid, sid);
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

  private async ofProvider(token: UnverifiedToken, provider: OidcIssuer): Promise<UserPrincipal> {
    const profile = await this.providerTokens.verify(token, provider);
    return userPrincipal({
      method: 'oidc',
      identity: await this.providerIdentities.resolve(profile),
      authenticationAge: this.secondsSince(profile.authenticatedAt),
      providerToken: profile,
    });
  }

  /** A time to come, other than by a clock that is ahead, is none, and stands for long ago. */
  private secondsSince(time: number): number {
    const seconds = this.clock.now() / 1000 - time;
    return seconds < -MOST_AHEAD_SECONDS ? Infinity : seconds;
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
