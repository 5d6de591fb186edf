import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ConfigurationError } from '../config/configuration-error';
import { FederationConfig } from '../config/federation.config';
import { DatabaseStarter } from '../database/database-starter';

/**
 * Refuses to start when `subject_claim` of an issuer was changed while the database has users of that issuer: the new claim
 * would match none of them, and each would become a second user.
 */
@Injectable()
export class SubjectClaimsService implements OnModuleInit {
  constructor(
    private readonly config: FederationConfig,
    private readonly starter: DatabaseStarter,
  ) {}

  onModuleInit(): void {
    if (this.config.issuers.length > 0) this.starter.beforeReady((manager) => this.check(manager));
  }

  /** Throws a `ConfigurationError` when users of a configured issuer are stored under another claim than the configured one. */
  private async check(manager: EntityManager): Promise<void> {
    const faults: string[] = [];
    for (const { issuer, subjectClaim } of this.config.issuers) {
      const [stored] = await manager.query<[{ first: string | null; last: string | null }]>(
        'SELECT min(subject_claim) AS first, max(subject_claim) AS last FROM user_identities WHERE issuer = $1',
        [issuer],
      );
      const other = [stored.first, stored.last].find((claim) => claim !== null && claim !== subjectClaim);
      if (other != null) {
        faults.push(
          `subject_claim of the issuer ${issuer} is ${JSON.stringify(subjectClaim)}, but users of it are stored by ` +
            `${JSON.stringify(other)}; see "Subjects" in docs/oidc/README.md`,
        );
      }
    }
    if (faults.length > 0) throw new ConfigurationError(faults);
  }
}
