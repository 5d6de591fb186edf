import { Injectable, Logger } from '@nestjs/common';
import { AuthConfig, type OidcIssuer } from '../../../config/auth.config';
import { KeySet } from './key-set';
import { readKeySet } from './key-set-source';

/** The key sets of all providers, each apart: a `kid` means something only beside its issuer. */
@Injectable()
export class KeySets {
  private readonly logger = new Logger('KeySets');
  private readonly sets: ReadonlyMap<OidcIssuer, KeySet>;

  constructor({ oidc }: AuthConfig) {
    const limits = { cacheMs: oidc.jwksCacheSeconds * 1000, staleMs: oidc.jwksStaleSeconds * 1000 };
    const issuers = new Set(oidc.issuers.values());
    this.sets = new Map(
      [...issuers].map((issuer) => [
        issuer,
        new KeySet(
          () => this.read(issuer),
          limits,
          () => performance.now(),
        ),
      ]),
    );
  }

  /** The key set of a configured issuer. */
  of(issuer: OidcIssuer): KeySet {
    const set = this.sets.get(issuer);
    if (!set) throw new Error('an issuer that is not configured has no key set');
    return set;
  }

  private async read(issuer: OidcIssuer) {
    try {
      const keys = await readKeySet(issuer);
      this.logger.log({ msg: 'key set read', issuer: issuer.issuer, keys: keys.length });
      return keys;
    } catch (error) {
      this.logger.warn({ msg: 'key set out of reach', issuer: issuer.issuer, err: error });
      throw error;
    }
  }
}
