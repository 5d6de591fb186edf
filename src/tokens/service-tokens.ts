import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { isId } from '../common/validation/id';
import type { JsonObject } from '../common/json-object';
import { AccessTokens, refused, type IssuedToken } from './access-tokens';
import { isText } from './claim-rules';

/** `token_use` of the tokens of services; those of users have `access`, or none when version 1.0.0 issued them. */
export const SERVICE_TOKEN_USE = 'service';
/** The longest life of a service token. */
const MAX_SECONDS = 3600;

/** What a service token is issued for. */
export interface ServiceGrant {
  readonly accountId: string;
  readonly keyId: string;
  readonly scopes: readonly string[];
  /** The token ends with the key; null: the key does not expire. */
  readonly keyExpiresAt: Date | null;
}

/** The claims of a verified service token. */
export interface ServiceTokenClaims {
  readonly accountId: string;
  readonly keyId: string;
  /** `jti`. */
  readonly tokenId: string;
  readonly scopes: readonly string[];
  /** `exp`. */
  readonly expiresAt: Date;
}

/** Our tokens for services, a kind of their own: neither counts as the other (R10). */
@Injectable()
export class ServiceTokens {
  constructor(private readonly tokens: AccessTokens) {}

  /** Signs a token for a service. It lives as long as a user's, at most an hour, and never longer than the key. */
  issue({ accountId, keyId, scopes, keyExpiresAt }: ServiceGrant): IssuedToken {
    const { now, lifetimeSeconds } = this.tokens.times();
    const left = keyExpiresAt ? Math.floor(keyExpiresAt.getTime() / 1000) - now : MAX_SECONDS;
    const expiresInSeconds = Math.max(1, Math.min(lifetimeSeconds, MAX_SECONDS, left));
    const token = this.tokens.sign({
      sub: accountId,
      jti: randomUUID(),
      iat: now,
      exp: now + expiresInSeconds,
      client_id: accountId,
      token_use: SERVICE_TOKEN_USE,
      key_id: keyId,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    });
    return { token, expiresInSeconds };
  }

  /** Checks the claims of a token with a valid signature; refuses with `invalid-token`. */
  checkClaims(claims: JsonObject): ServiceTokenClaims {
    this.tokens.checkCommonClaims(claims);
    const {
      sub,
      jti,
      exp,
      client_id: clientId,
      key_id: keyId,
      scope = '',
      token_use: use,
      uid,
      sid,
    } = claims;
    if (use !== SERVICE_TOKEN_USE || uid !== undefined || sid !== undefined) throw refused('kind');
    if (!isUuid(sub) || clientId !== sub || !isUuid(jti) || !isUuid(keyId) || typeof scope !== 'string') {
      throw refused('claims');
    }
    return {
      accountId: sub,
      keyId,
      tokenId: jti,
      scopes: scope.split(' ').filter(isText),
      expiresAt: new Date((exp as number) * 1000),
    };
  }

  /** The same whatever the time: revoking an expired token is no error (RFC 7009 section 2.2). */
  checkClaimsForRevocation(claims: JsonObject): ServiceTokenClaims {
    const checked = this.checkClaims({ ...claims, iat: 0, nbf: undefined, exp: Number.MAX_SAFE_INTEGER });
    const { exp } = claims;
    return { ...checked, expiresAt: new Date(Number.isFinite(exp) ? (exp as number) * 1000 : 0) };
  }
}

/** Whether claims are those of a service token, as far as they say so themselves. */
export function isServiceTokenUse({ token_use: use }: JsonObject): boolean {
  return use === SERVICE_TOKEN_USE;
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && isId(value);
}
