import { Injectable } from '@nestjs/common';
import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import { randomUUID, type KeyObject } from 'node:crypto';
import { AppError } from '../common/errors/app-error';
import { Clock } from '../common/clock';
import type { JsonObject } from '../common/json-object';
import type { IdentityContext } from '../security/identity-context';
import { isUserText, type ExtraClaims } from '../config/extra-claims';
import type { SigningAlgorithm } from '../config/signing-keys';
import { TokenConfig } from '../config/token.config';
import { checkSignInClaims, checkTimes, hasAudience, isText, validity, type Refusal } from './claim-rules';
import { hasSignatureLength, type UnverifiedToken } from './compact-jws';
import { KeyRing } from './key-ring';

/** RFC 9068 section 2.1: `typ` of our tokens unless configured otherwise, so that no other kind of token is accepted as one. */
const TYPE = 'at+jwt';
/** `token_use` of the tokens of users. */
const TOKEN_USE = 'access';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a token says about its user. */
export type TokenUser = Pick<IdentityContext, 'id' | 'email' | 'emailVerified' | 'name' | 'role'>;

/** The sign-in that a token was issued for. */
export interface SignIn {
  readonly sessionId: string;
  readonly authenticatedAt: Date;
  /** How the user authenticated: `amr` values (RFC 8176). */
  readonly authMethods: readonly string[];
  /** How many times all tokens of the session have been replaced. */
  readonly tokenVersion: number;
}

/** The claims of a verified access token. */
export interface AccessTokenClaims {
  /** The address of the user when the token was issued. */
  readonly sub: string;
  readonly uid: string;
  readonly sid: string;
  readonly jti: string;
  /** `auth_time`; undefined in tokens of version 1.0.0. */
  readonly authTime: number | undefined;
  readonly sessionVersion: number;
  /** From when and until when the times of the token are accepted, in milliseconds since 1970, with the leeway. */
  readonly validFrom: number;
  readonly validUntil: number;
}

/** A token and its lifetime. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** Our own access tokens. */
@Injectable()
export class AccessTokens {
  /**
   * The library checks the signature only, with the algorithms of our keys. Times are checked in `checkClaims`: the library
   * accepts Infinity and a missing `exp`.
   */
  readonly verifyOptions: Readonly<{
    algorithms: SigningAlgorithm[];
    ignoreExpiration: true;
    ignoreNotBefore: true;
  }>;

  constructor(
    private readonly config: TokenConfig,
    private readonly keys: KeyRing,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {
    this.verifyOptions = { algorithms: keys.algorithms, ignoreExpiration: true, ignoreNotBefore: true };
  }

  /** Signs a token for a user's session. */
  issue(identity: TokenUser, { sessionId, authenticatedAt, authMethods, tokenVersion }: SignIn): IssuedToken {
    const { clientId, accessTokenSeconds } = this.config;
    const { now } = this.times();
    const token = this.sign({
      ...extraClaims(this.config.extraClaims, identity), // first: they replace no other
      sub: identity.email,
      uid: identity.id,
      sid: sessionId,
      jti: randomUUID(),
      iat: now,
      exp: now + accessTokenSeconds,
      email_verified: identity.emailVerified,
      // By the database's clock, which may be ahead of ours.
      auth_time: Math.min(now, Math.floor(authenticatedAt.getTime() / 1000)),
      amr: authMethods,
      token_use: TOKEN_USE,
      ...(tokenVersion > 0 && { session_version: tokenVersion }),
      ...(clientId !== undefined && { client_id: clientId }), // RFC 9068 section 2.2
    });
    return { token, expiresInSeconds: accessTokenSeconds };
  }

  /** The present second, and for how many seconds tokens of users live. */
  times(): { readonly now: number; readonly lifetimeSeconds: number } {
    return {
      now: Math.floor(this.clock.now() / 1000),
      lifetimeSeconds: this.config.accessTokenSeconds,
    };
  }

  /** Signs claims of any kind of our tokens; adds issuer and audience. */
  sign(claims: JsonObject): string {
    const { signingKey, issuer, audience, type } = this.config;
    const { algorithm, kid } = signingKey;
    return this.jwt.sign(
      { ...claims, iss: issuer, ...(audience !== undefined && { aud: audience }) },
      {
        privateKey: signingKey.signingKey as never,
        algorithm,
        header: { alg: algorithm, typ: type, ...(kid !== undefined && { kid }) },
      },
    );
  }

  /** Answers the claims of a token with a valid signature, not yet checked; refuses with `invalid-token`. */
  verifySignature(token: UnverifiedToken): JsonObject {
    const secret = this.verificationKey(token) as never;
    try {
      return this.jwt.verify<Record<string, unknown>>(token.raw, { secret, ...this.verifyOptions });
    } catch (error) {
      throw tokenRefusal(error) ?? error;
    }
  }

  /**
   * Verifies everything but the times: an expired token may still end its session (RFC 7009 section 2.2), and so may a token
   * from a replica whose clock is ahead.
   */
  verifyForLogout(token: UnverifiedToken): AccessTokenClaims {
    const claims = this.verifySignature(token);
    return this.checkClaims({ ...claims, iat: 0, nbf: undefined, exp: Number.MAX_SAFE_INTEGER });
  }

  /** The key that a token must be signed with, after checking its header; refuses with `invalid-token`. */
  verificationKey(token: UnverifiedToken): KeyObject {
    const { header, raw } = token;
    if (header.typ !== TYPE && header.typ !== this.config.type) throw refused('type');
    // RFC 7515 section 4.1.11: no extension is implemented; RFC 7797 section 7: nor the unencoded payload.
    if ('crit' in header || 'b64' in header) throw refused('critical header');
    if (!hasSignatureLength(token)) throw refused('signature');
    const key = this.keys.find(header, raw);
    if (!key) throw refused('key');
    return key;
  }

  /** Checks the claims of a token with a valid signature; refuses with `invalid-token`. */
  checkClaims(claims: JsonObject): AccessTokenClaims {
    this.checkCommonClaims(claims);
    const { sub, uid, sid, jti, auth_time: authTime, session_version: version, token_use: use } = claims;
    if (use !== undefined && use !== TOKEN_USE) throw refused('kind'); // version 1.0.0 wrote none
    const refusal = checkSignInClaims(claims);
    if (refusal) throw refused(refusal);
    if (!isText(sub) || !isText(jti) || !isUuid(uid) || !isUuid(sid)) throw refused('claims');
    return {
      sub,
      uid,
      sid,
      jti,
      authTime: authTime as number | undefined,
      sessionVersion: (version as number | undefined) ?? 0,
      ...validity(claims, this.config.leewaySeconds),
    };
  }

  /** Checks issuer, audience and times, which every kind of our tokens has; refuses with `invalid-token`. */
  checkCommonClaims(claims: JsonObject): void {
    const { issuer, audience, leewaySeconds } = this.config;
    if (claims.iss !== issuer) throw refused('issuer');
    if (audience !== undefined && !hasAudience(claims.aud, [audience])) throw refused('audience');
    const refusal = checkTimes(claims, this.clock.now() / 1000, leewaySeconds);
    if (refusal) throw refused(refusal);
  }
}

/** The configured claims, with the values of the user. */
function extraClaims(claims: ExtraClaims, { id, email, name, role }: TokenUser): JsonObject {
  const values = { $uid: id, $email: email, $name: name, $role: role };
  return Object.fromEntries(
    Object.entries(claims).map(([claim, value]) => [claim, isUserText(value) ? values[value] : value]),
  );
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** The error for every refused token; the reason goes only to the log. */
export function refused(reason: Refusal): AppError {
  return new AppError('invalid-token', { reason });
}

/** The refusal that an error means, including errors of jsonwebtoken; undefined for an outage or a bug. */
export function tokenRefusal(error: unknown): AppError | undefined {
  if (error instanceof AppError && error.refusesToken) return error;
  return error instanceof JsonWebTokenError ? refused('signature') : undefined;
}
