import { Injectable } from '@nestjs/common';
import { AuthConfig, type OidcIssuer } from '../config/auth.config';

/** The configured providers, by how their tokens name them. */
@Injectable()
export class ProviderRegistry {
  private readonly bySpelling: ReadonlyMap<unknown, OidcIssuer>;

  constructor({ oidc }: AuthConfig) {
    this.bySpelling = new Map(
      (oidc?.issuers ?? []).flatMap((issuer) => issuer.spellings.map((spelling) => [spelling, issuer])),
    );
  }

  /** The provider whose tokens have this `iss`, byte for byte. */
  find(iss: unknown): OidcIssuer | undefined {
    return this.bySpelling.get(iss);
  }
}
