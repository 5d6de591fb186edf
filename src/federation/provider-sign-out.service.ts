import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { Audit } from '../audit/audit';
import type { ProviderToken } from '../security/principal';
import type { OidcIssuer } from '../config/oidc-issuer';
import { Database } from '../database/database';
import { EndedProviderTokensRepository } from '../sessions/ended-provider-tokens.repository';
import type { UnverifiedToken } from '../tokens/compact-jws';
import { PROVIDER_TOKEN_ENDED } from './federation-events';
import { ProviderTokenVerifier } from './provider-token-verifier';
import { UserIdentitiesRepository } from './user-identities.repository';

/** Ended tokens of one identity that are stored one by one. */
const MAX_KEPT = 100;

/** Ends tokens of providers at this service only; the provider is not informed. */
@Injectable()
export class ProviderSignOutService {
  constructor(
    private readonly database: Database,
    private readonly tokens: ProviderTokenVerifier,
    private readonly identities: UserIdentitiesRepository,
    private readonly ended: EndedProviderTokensRepository,
    private readonly audit: Audit,
  ) {}

  /** Ends a token that names `issuer`; refuses one that is not of that provider with `invalid-token`. */
  async signOut(unverified: UnverifiedToken, issuer: OidcIssuer): Promise<void> {
    const token = await this.tokens.verifyForLogout(unverified, issuer);
    await this.database.transaction((manager) => this.end(token, manager));
  }

  /**
   * Ends a token in the caller's transaction. When an identity has ended more than `MAX_KEPT` tokens, all its tokens up to the
   * newest of those end, so that a bounded number is stored.
   */
  async end(token: ProviderToken, manager: EntityManager): Promise<void> {
    await this.identities.lock(token, manager);
    const { isNew, userId, kept } = await this.ended.insert(token, manager);
    if (kept > MAX_KEPT && !(await this.ended.updateRefusedUntil(token, manager))) {
      throw new AppError('overloaded', { reason: 'ended provider tokens' });
    }
    if (!isNew) return;
    await this.audit.record(PROVIDER_TOKEN_ENDED, { user_id: userId, issuer: token.issuer }, manager);
  }
}
