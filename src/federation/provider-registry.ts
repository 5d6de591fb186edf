import { Injectable } from '@nestjs/common';
import { FederationConfig } from '../config/federation.config';
import type { OidcIssuer } from '../config/oidc-issuer';

/** The configured providers, by the `iss` of their tokens. */
@Injectable()
export class ProviderRegistry {
  private readonly bySpelling: ReadonlyMap<unknown, OidcIssuer>;

  constructor({ issuers }: FederationConfig) {
    this.bySpelling = new Map(
      issuers.flatMap((issuer) => issuer.spellings.map((spelling) => [spelling, issuer])),
    );
  }

  /** The provider whose tokens have exactly this `iss`. */
  find(iss: unknown): OidcIssuer | undefined {
    return this.bySpelling.get(iss);
  }
}
