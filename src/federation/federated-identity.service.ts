import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { Audit } from '../audit/audit';
import type { IdentityContext } from '../security/identity-context';
import { Database } from '../database/database';
import { refused } from '../tokens/access-tokens';
import { emailRefusal } from './email-refusal';
import { AccountLinkingService, type LinkedAccount } from './account-linking.service';
import { ProviderIdentitiesReader, type ProviderIdentity } from '../identity/provider-identities.reader';
import { IDENTITY_CREATED, IDENTITY_LINKED, IDENTITY_REFUSED } from './federation-events';
import { ProfileSyncService } from './profile-sync.service';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** Users of OpenID providers: finds them, creates or links them at first sign-in, and syncs their profile. */
@Injectable()
export class FederatedIdentityService {
  constructor(
    private readonly database: Database,
    private readonly reader: ProviderIdentitiesReader,
    private readonly identities: UserIdentitiesRepository,
    private readonly accountLinking: AccountLinkingService,
    private readonly profileSync: ProfileSyncService,
    private readonly audit: Audit,
  ) {}

  /** One read and no write for a known user whose claims have not changed. Refuses with an error that refuses the token. */
  async resolve(profile: ExternalProfile): Promise<IdentityContext> {
    const known = await this.reader.find(profile);
    if (!known) return this.resolveUnknown(profile);
    if (!known.identity.isActive)
      await this.reportRefusal(profile, refused('inactive user'), known.identity.id);
    const identity = requireActive(known);
    return known.isOutdated ? this.database.transaction((manager) => this.sync(profile, manager)) : identity;
  }

  private async resolveUnknown(given: ExternalProfile): Promise<IdentityContext> {
    try {
      const profile = given.complete ? await given.complete() : given;
      const { verifiedEmail } = profile;
      if (verifiedEmail === undefined) throw emailRefusal(profile.emailFault ?? 'no-address');
      return await this.database.transaction((manager) => this.provision(profile, verifiedEmail, manager));
    } catch (error) {
      if (error instanceof AppError && error.refusesToken) {
        await this.reportRefusal(given, error);
      }
      throw error;
    }
  }

  private async provision(
    profile: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<IdentityContext> {
    await this.identities.lock(profile, manager);
    const known = await this.reader.findWithin(profile, manager);
    if (known) return requireActive(known); // a concurrent request was faster
    if (await this.identities.wasDeleted(profile, manager)) throw refused('deleted user');
    const account = await this.accountLinking.link(profile, email, manager);
    // Refusing an ended token here rolls back the user that it created or linked.
    const identity = requireActive(await this.getWithin(profile, manager));
    await this.report(account, profile, manager);
    return identity;
  }

  private async sync(profile: ExternalProfile, manager: EntityManager): Promise<IdentityContext> {
    await this.identities.lock(profile, manager);
    const known = await this.getWithin(profile, manager);
    const identity = requireActive(known);
    if (!known.isOutdated) return identity; // a concurrent request was faster
    await this.profileSync.sync(known, profile, manager);
    return requireActive(await this.getWithin(profile, manager));
  }

  private async getWithin(profile: ExternalProfile, manager: EntityManager): Promise<ProviderIdentity> {
    const found = await this.reader.findWithin(profile, manager);
    if (!found) throw new AppError('service-unavailable', { reason: 'the identity vanished' });
    return found;
  }

  private async reportRefusal(
    { issuer }: ExternalProfile,
    { code, reason }: AppError,
    userId?: string,
  ): Promise<void> {
    await this.audit.record(IDENTITY_REFUSED, { user_id: userId, issuer, code, reason });
  }

  private async report(
    { how, userId, credentialsRevoked, isFurther }: LinkedAccount,
    { issuer }: ExternalProfile,
    manager: EntityManager,
  ): Promise<void> {
    const facts = {
      user_id: userId,
      issuer,
      credentials_revoked: credentialsRevoked,
      ...(isFurther && { further_subject: true as const }),
    };
    await this.audit.record(how === 'created' ? IDENTITY_CREATED : IDENTITY_LINKED, facts, manager);
  }
}

/** The identity, if the user is active and the token has not ended; refuses otherwise. */
function requireActive({ identity, hasEnded }: ProviderIdentity): IdentityContext {
  if (!identity.isActive) throw refused('inactive user');
  if (hasEnded) throw refused('ended');
  return identity;
}
