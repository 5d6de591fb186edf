import { Injectable } from '@nestjs/common';
import { JwtService, type JwtVerifyOptions } from '@nestjs/jwt';
import { createHash } from 'node:crypto';
import { Clock } from '../common/clock';
import type { ProviderToken } from '../security/principal';
import type { OidcIssuer } from '../config/oidc-issuer';
import { TokenConfig } from '../config/token.config';
import { refused, tokenRefusal } from '../tokens/access-tokens';
import { isNumericDate } from '../tokens/claim-rules';
import { hasSignatureLength, type UnverifiedToken } from '../tokens/compact-jws';
import type { JsonObject } from '../common/json-object';
import { isEdwardsSignature } from './jwks/ed25519';
import { JwksRegistry } from './jwks/jwks-registry';
import { isEdwards, type ProviderKey } from './jwks/provider-key';
import type { ExternalProfile } from '../identity/external-profile';
import { mapClaims, readToken, type CheckedClaims } from './map-claims';
import { checkProviderClaims, readProviderHeader } from './provider-token-rules';
import { UnexpectedClaims } from './unexpected-claims';
import { UserinfoService } from './userinfo/userinfo.service';

/** Verifies tokens of the configured providers. The `issuer` passed must be the one that the token names. */
@Injectable()
export class ProviderTokenVerifier {
  constructor(
    private readonly tokens: TokenConfig,
    private readonly keySets: JwksRegistry,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
    private readonly unexpected: UnexpectedClaims,
    private readonly userinfo: UserinfoService,
  ) {}

  /** Refuses with `invalid-token`; throws `service-unavailable` when the provider's keys cannot be read. */
  async verify(token: UnverifiedToken, issuer: OidcIssuer): Promise<ExternalProfile> {
    const claims = await this.verifySignature(token, issuer);
    const checked = this.checkClaims(claims, issuer, token.header.typ);
    const profile = mapClaims(checked, issuer, hashOf(token), this.unexpected.of(issuer.issuer));
    return this.userinfo.offer(profile, checked, token.raw, issuer);
  }

  /**
   * Like `verify`, but ignores the token's times: signing out with an expired token is harmless, and a token from a provider
   * whose clock is ahead can end before it becomes valid.
   */
  async verifyForLogout(token: UnverifiedToken, issuer: OidcIssuer): Promise<ProviderToken> {
    const claims = await this.verifySignature(token, issuer);
    const { iat, exp } = claims;
    if (!isNumericDate(iat) || !isNumericDate(exp)) throw refused('times');
    const timeless = {
      ...claims,
      iat: 0,
      nbf: undefined,
      exp: Number.MAX_SAFE_INTEGER,
      auth_time: this.clock.now() / 1000,
    };
    const checked = this.checkClaims(timeless, issuer, token.header.typ);
    return readToken({ ...checked, claims: { ...checked.claims, iat, exp } }, issuer, hashOf(token));
  }

  private async verifySignature(token: UnverifiedToken, issuer: OidcIssuer): Promise<JsonObject> {
    const header = readProviderHeader(token.header, issuer);
    if (typeof header === 'string') throw refused(header);
    if (!hasSignatureLength(token)) throw refused('signature');
    const claims = await this.keySets.of(issuer).verify({ ...header, token: token.raw }, (key) => {
      return isEdwards(key.algorithm) ? edwardsClaims(token, key) : this.signedClaims(token, key);
    });
    if (typeof claims === 'string') throw refused(claims);
    return claims;
  }

  private checkClaims(claims: JsonObject, issuer: OidcIssuer, typ: unknown): CheckedClaims {
    const checked = checkProviderClaims(claims, {
      typ,
      issuer,
      now: this.clock.now() / 1000,
      leeway: this.tokens.leewaySeconds,
    });
    if (typeof checked === 'string') throw refused(checked);
    return checked;
  }

  /**
   * Undefined when another key made the signature. Times are checked with the other claims: the library accepts a missing
   * `exp`.
   */
  private signedClaims({ raw }: UnverifiedToken, { key, algorithm }: ProviderKey): JsonObject | undefined {
    try {
      return this.jwt.verify<Record<string, unknown>>(raw, {
        secret: key as never,
        algorithms: [algorithm] as JwtVerifyOptions['algorithms'],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch (error) {
      if (tokenRefusal(error)) return undefined;
      throw error;
    }
  }
}

/** Undefined when another key made the signature, or the token names another algorithm. */
function edwardsClaims(
  { raw, header, payload, signature }: UnverifiedToken,
  { key, algorithm }: ProviderKey,
): JsonObject | undefined {
  return header.alg === algorithm && isEdwardsSignature(raw, signature, key) ? payload : undefined;
}

/** Hashes what the signature covers, not the signature: an ECDSA signature has two valid forms. */
function hashOf({ raw }: UnverifiedToken): Buffer {
  return createHash('sha256')
    .update(raw.slice(0, raw.lastIndexOf('.')))
    .digest();
}
