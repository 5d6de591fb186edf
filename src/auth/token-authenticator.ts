import type { Clock } from '../common/clock';
import type { JsonObject } from '../common/json-object';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { FederatedIdentityService } from '../federation/federated-identity.service';
import type { ProviderRegistry } from '../federation/provider-registry';
import type { ProviderTokenVerifier } from '../federation/provider-token-verifier';
import type { ActiveSession, SessionIdentityReader } from '../identity/session-identity.reader';
import type { IdentityContext } from '../security/identity-context';
import { userPrincipal, type UserPrincipal } from '../security/principal';
import { refused, type AccessTokenClaims, type AccessTokens } from '../tokens/access-tokens';
import { AppError } from '../common/errors/app-error';
import { decodeCompactJws, FORM_ADVICE, tokenFormFault, type UnverifiedToken } from '../tokens/compact-jws';

/** How far a provider's clock may be ahead: the maximum of `AUTH_JWT_LEEWAY_SECONDS`. */
const MAX_AHEAD_SECONDS = 60;

/** A bearer token, decoded and not yet verified. */
export interface BearerCredential {
  readonly token: UnverifiedToken;
  /** The configured provider that the token names as its issuer; undefined for our own tokens. */
  readonly provider: OidcIssuer | undefined;
}

/** The user of a valid token of ours, and its session. */
export interface AuthenticatedSession {
  readonly identity: IdentityContext;
  readonly session: ActiveSession;
}

/**
 * Decides on tokens, for the guard, `POST /auth/validate` and every other caller: which verifier a token belongs to, whether
 * it is valid, and who its user is. Free of HTTP. An error that refuses the token is a decision; any other error is an outage.
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
    const fault = tokenFormFault(text, token);
    if (!token || fault) {
      const reason = fault ?? 'form';
      throw new AppError('invalid-token', { reason, advice: FORM_ADVICE[reason] });
    }
    return { token, provider: this.providers.find(token.payload.iss) };
  }

  /** Verifies a token completely and answers its user. */
  async authenticate({ token, provider }: BearerCredential): Promise<UserPrincipal> {
    return provider
      ? this.authenticateProviderToken(token, provider)
      : this.authenticateClaims(this.tokens.verifySignature(token));
  }

  /**
   * The user of one of our access tokens whose signature is valid. Refuses when a claim is invalid, the user is unknown or
   * inactive, the session has ended or has newer tokens, or the user's address is no longer that of the token: an address
   * inherits no tokens from its previous user.
   */
  async authenticateClaims(claims: JsonObject): Promise<UserPrincipal> {
    const checked = this.tokens.checkClaims(claims);
    const { identity, session } = await this.findSession(checked);
    return userPrincipal({
      method: 'local-jwt',
      identity,
      sessionId: checked.sid,
      authenticationAge: authenticationAge(session, checked.authTime),
    });
  }

  /** The user and the active session of claims that were checked; refuses as `authenticateClaims` does. */
  async findSession({ uid, sid, sub, sessionVersion }: AccessTokenClaims): Promise<AuthenticatedSession> {
    const found = await this.sessions.find(uid, sid);
    if (!found) throw refused('unknown user');
    const { identity, session } = found;
    if (!identity.isActive) throw refused('inactive user');
    if (!session) throw refused('session');
    if (session.tokenVersion !== sessionVersion) throw refused('session version');
    if (identity.email !== sub) throw refused('subject');
    return { identity, session };
  }

  private async authenticateProviderToken(
    token: UnverifiedToken,
    provider: OidcIssuer,
  ): Promise<UserPrincipal> {
    const profile = await this.providerTokens.verify(token, provider);
    return userPrincipal({
      method: 'oidc',
      identity: await this.providerIdentities.resolve(profile),
      authenticationAge: this.secondsSince(profile.authenticatedAt),
      providerToken: profile,
    });
  }

  /** A time further in the future than clock skew explains is not credible and counts as long ago. */
  private secondsSince(time: number): number {
    const seconds = this.clock.now() / 1000 - time;
    return seconds < -MAX_AHEAD_SECONDS ? Infinity : seconds;
  }
}

/**
 * Seconds since the sign-in, by the earlier time of session and token. The local clock is not used: it may differ from the one
 * that set `authTime`.
 */
function authenticationAge(session: ActiveSession, authTime: number | undefined): number {
  if (authTime === undefined) return session.authenticationAge;
  const earlier = Math.floor(session.authenticatedAt.getTime() / 1000) - authTime;
  return session.authenticationAge + Math.max(0, earlier);
}
