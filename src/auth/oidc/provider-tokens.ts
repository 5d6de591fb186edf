import { Injectable } from '@nestjs/common';
import { JsonWebTokenError, JwtService } from '@nestjs/jwt';
import { Clock } from '../../common/clock';
import { AuthConfig } from '../../config/auth.config';
import { refused } from '../tokens/access-tokens';
import { decodeCompactJws, hasSignatureLength } from '../tokens/compact-jws';
import type { JsonObject } from '../../common/json-object';
import { KeySets } from './keys/key-sets';
import type { ProviderKey } from './keys/provider-key';
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
    const key = await this.keySets.of(issuer).find(header, (candidate) => {
      return this.signedClaims(token, candidate) !== undefined;
    });
    if (!key) throw refused('key id');
    const signed = this.signedClaims(token, key);
    if (!signed) throw refused('signature');
    const claims = checkProviderClaims(signed, {
      typ: unverified.header.typ,
      issuer,
      now: this.clock.now() / 1000,
      leeway: this.config.jwt.leewaySeconds,
    });
    if (typeof claims === 'string') throw refused(claims);
    return readPerson(claims, issuer);
  }

  /**
   * Undefined when the signature is not of that key. Times are checked with the other claims: the library takes a missing
   * `exp` for no end.
   */
  private signedClaims(token: string, { key, algorithm }: ProviderKey): JsonObject | undefined {
    try {
      return this.jwt.verify<Record<string, unknown>>(token, {
        secret: key as never,
        algorithms: [algorithm],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch (error) {
      if (error instanceof JsonWebTokenError) return undefined;
      throw error;
    }
  }
}
