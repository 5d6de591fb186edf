import { Injectable } from '@nestjs/common';
import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import { randomUUID, type KeyObject } from 'node:crypto';
import { AppError } from '../../common/errors/app-error';
import { Clock } from '../../common/clock';
import type { IdentityContext } from '../../common/security/identity-context';
import { AuthConfig, type JwtConfig } from '../../config/auth.config';
import { checkTimes, hasAudience, isText, type Refusal } from './claim-rules';
import { decodeCompactJws } from './compact-jws';
import type { JsonObject } from '../../common/json-object';

/** RFC 9068 section 2.1: the kind of our tokens, so that no other kind passes for one. */
const TYPE = 'at+jwt';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a verified access token says. */
export interface AccessTokenClaims {
  /** The address of the user when the token was issued. */
  readonly sub: string;
  readonly uid: string;
  readonly jti: string;
}

/** A token and how long it lives. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** Our own access tokens: the only place that holds our keys. */
@Injectable()
export class AccessTokens {
  private readonly config: JwtConfig;

  constructor(
    config: AuthConfig,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {
    this.config = config.jwt;
  }

  /** Signs a token for a person. */
  issue(identity: Pick<IdentityContext, 'id' | 'email'>): IssuedToken {
    const { keys, issuer, audience, accessTokenSeconds } = this.config;
    const now = Math.floor(this.clock.now() / 1000);
    const claims = {
      iss: issuer,
      sub: identity.email,
      uid: identity.id,
      jti: randomUUID(),
      iat: now,
      exp: now + accessTokenSeconds,
      ...(audience !== undefined && { aud: audience }),
    };
    const token = this.jwt.sign(claims, {
      privateKey: keys.signingKey as never,
      algorithm: keys.algorithm,
      header: { alg: keys.algorithm, typ: TYPE, ...(keys.kid !== undefined && { kid: keys.kid }) },
    });
    return { token, expiresInSeconds: accessTokenSeconds };
  }

  /** Verifies a token wholly; refuses with `invalid-token`. */
  verify(token: string): AccessTokenClaims {
    const key = this.verificationKey(token);
    let claims: JsonObject;
    try {
      claims = this.jwt.verify<Record<string, unknown>>(token, {
        secret: key as never,
        ...this.verifyOptions,
      });
    } catch (error) {
      if (error instanceof JsonWebTokenError) throw refused('signature');
      throw error;
    }
    return this.checkClaims(claims);
  }

  /** The key that a token must be signed with, after checking its form and header; refuses with `invalid-token`. */
  verificationKey(token: string): KeyObject {
    const unverified = decodeCompactJws(token);
    if (!unverified) throw refused('form');
    const refusal = this.checkHeader(unverified.header);
    if (refusal) throw refused(refusal);
    return this.config.keys.verificationKey;
  }

  /**
   * What the library checks is the signature, with our one algorithm. Times are ours: it takes Infinity for a time and
   * a missing `exp` for no end.
   */
  get verifyOptions() {
    return { algorithms: [this.config.keys.algorithm], ignoreExpiration: true, ignoreNotBefore: true };
  }

  /** The claims of a token whose signature is good; refuses with `invalid-token`. */
  checkClaims(claims: JsonObject): AccessTokenClaims {
    const { issuer, audience, leewaySeconds } = this.config;
    const { iss, sub, uid, jti, aud } = claims;
    if (iss !== issuer) throw refused('issuer');
    if (audience !== undefined && !hasAudience(aud, [audience])) throw refused('audience');
    const refusal = checkTimes(claims, this.clock.now() / 1000, leewaySeconds);
    if (refusal) throw refused(refusal);
    if (!isText(sub) || !isText(jti) || typeof uid !== 'string' || !UUID.test(uid)) throw refused('claims');
    return { sub, uid, jti };
  }

  private checkHeader(header: JsonObject): Refusal | undefined {
    const { keys } = this.config;
    if (header.alg !== keys.algorithm) return 'algorithm';
    if (header.typ !== TYPE) return 'type';
    if (header.kid !== keys.kid) return 'key id';
    // RFC 7515 section 4.1.11: we implement no extension; RFC 7797 section 7: nor the unencoded payload.
    if ('crit' in header || 'b64' in header) return 'critical header';
    return undefined;
  }
}

/** The one answer to every token that is refused; the reason goes to the log. */
export function refused(reason: Refusal): AppError {
  return new AppError('invalid-token', { reason });
}
