import { Injectable } from '@nestjs/common';
import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import type { KeyObject } from 'node:crypto';
import { Clock } from '../../common/clock';
import { AuthConfig } from '../../config/auth.config';
import { refused } from '../tokens/access-tokens';
import { decodeCompactJws, hasSignatureLength } from '../tokens/compact-jws';
import type { JsonObject } from '../../common/json-object';
import { KeySets } from './keys/key-sets';
import { readPerson, type ProviderPerson } from './provider-person';
import { checkProviderClaims, readProviderHeader } from './provider-token-rules';
import { Providers } from './providers';

/** Tokens of the configured providers: whose they are, after every check. */
@Injectable()
export class ProviderTokens {
  constructor(
    private readonly config: AuthConfig,
    private readonly providers: Providers,
    private readonly keySets: KeySets,
    private readonly jwt: JwtService,
    private readonly clock: Clock,
  ) {}

  /** Refuses with `invalid-token`; throws `service-unavailable` when the provider's keys are out of reach. */
  async verify(token: string): Promise<ProviderPerson> {
    const unverified = decodeCompactJws(token);
    if (!unverified) throw refused('form');
    const issuer = this.providers.find(unverified.payload.iss);
    if (!issuer) throw refused('issuer');
    const header = readProviderHeader(unverified.header, issuer);
    if (typeof header === 'string') throw refused(header);
    if (!hasSignatureLength(unverified)) throw refused('signature');
    const key = await this.keySets.of(issuer).find(header.kid, header.alg);
    if (!key) throw refused('key id');
    const claims = checkProviderClaims(this.verifySignature(token, key, header.alg), {
      typ: unverified.header.typ,
      issuer,
      now: this.clock.now() / 1000,
      leeway: this.config.jwt.leewaySeconds,
    });
    if (typeof claims === 'string') throw refused(claims);
    return readPerson(claims, issuer);
  }

  /** Times are checked with the other claims: the library takes a missing `exp` for no end. */
  private verifySignature(token: string, key: KeyObject, algorithm: string): JsonObject {
    try {
      return this.jwt.verify<Record<string, unknown>>(token, {
        secret: key as never,
        algorithms: [algorithm as never],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch (error) {
      if (error instanceof JsonWebTokenError) throw refused('signature');
      throw error;
    }
  }
}
