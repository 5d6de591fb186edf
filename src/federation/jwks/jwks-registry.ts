import { Injectable, Logger } from '@nestjs/common';
import { traced } from '../../common/tracing/tracing';
import { counter } from '../../common/metrics/instruments';
import { FederationConfig } from '../../config/federation.config';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { RemoteJwks, type KeySetLimits } from './remote-jwks';
import { fetchJwks } from './jwks-source';
import { ProviderHttp } from './provider-http';
import { ProviderReadError } from './provider-read-error';
import { describeReadError } from './read-advice';

const READS = counter('auth_key_set_reads_total', 'Reads of the key sets of providers, by their outcome', [
  'outcome',
]);

/** The key sets of all providers, kept apart: a `kid` is unique only within its issuer. */
@Injectable()
export class JwksRegistry {
  private readonly logger = new Logger('JwksRegistry');
  private readonly sets: ReadonlyMap<OidcIssuer, RemoteJwks>;

  constructor(
    { issuers, jwksCacheSeconds, jwksStaleSeconds }: FederationConfig,
    private readonly http: ProviderHttp,
  ) {
    const limits = { cacheMs: jwksCacheSeconds * 1000, staleMs: jwksStaleSeconds * 1000 };
    this.sets = new Map(issuers.map((issuer) => [issuer, this.keySet(issuer, limits)]));
  }

  /** The key set of a configured issuer. */
  of(issuer: OidcIssuer): RemoteJwks {
    const set = this.sets.get(issuer);
    if (!set) throw new Error('an issuer that is not configured has no key set');
    return set;
  }

  private keySet(issuer: OidcIssuer, limits: KeySetLimits): RemoteJwks {
    return new RemoteJwks(
      () => this.read(issuer),
      limits,
      () => performance.now(),
    );
  }

  private async read(issuer: OidcIssuer) {
    try {
      const facts = { 'auth.issuer': issuer.issuer };
      const keys = await traced('read key set', 'client', facts, () => fetchJwks(issuer, this.http));
      READS.add('success');
      this.logger.log({ msg: 'key set read', issuer: issuer.issuer, keys: keys.length });
      return keys;
    } catch (error) {
      READS.add(error instanceof ProviderReadError ? error.failure : 'error');
      this.logger.warn({
        msg: 'key set out of reach',
        issuer: issuer.issuer,
        ...describeReadError(error, issuer),
      });
      throw error;
    }
  }
}
