import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { Audit } from '../audit/audit';
import type { IdentityContext } from '../security/identity-context';
import { Database } from '../database/database';
import { refused } from '../tokens/access-tokens';
import { AccountLinkingService, type LinkedAccount } from './account-linking.service';
import { ProviderIdentitiesReader, type ProviderIdentity } from '../identity/provider-identities.reader';
import { IDENTITY_CREATED, IDENTITY_LINKED, IDENTITY_REFUSED } from './federation-events';
import { ProfileSyncService } from './profile-sync.service';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** The people of providers: finds their accounts, makes or links them at first sight, follows what is said of them. */
@Injectable()
export class FederatedIdentityService {
  constructor(
    private readonly database: Database,
    private readonly reader: ProviderIdentitiesReader,
    private readonly identities: UserIdentitiesRepository,
    private readonly linker: AccountLinkingService,
    private readonly follower: ProfileSyncService,
    private readonly audit: Audit,
  ) {}

  /** One read, and no write, for a known person of whom nothing new is said. Refuses with a code that refuses tokens. */
  async resolve(person: ExternalProfile): Promise<IdentityContext> {
    const known = await this.reader.find(person);
    if (!known) return this.enter(person);
    if (!known.identity.isActive) this.reportRefusal(person, 'invalid-token', known.identity.id);
    const identity = admitted(known);
    return known.isOutdated ? this.database.transaction((manager) => this.follow(person, manager)) : identity;
  }

  private async enter(person: ExternalProfile): Promise<IdentityContext> {
    try {
      const { verifiedEmail } = person;
      if (verifiedEmail === undefined) throw new AppError('email-not-verified');
      const { account, identity } = await this.database.transaction((manager) =>
        this.provision(person, verifiedEmail, manager),
      );
      if (account) this.report(account, person);
      return identity;
    } catch (error) {
      if (error instanceof AppError && error.refusesToken) {
        this.reportRefusal(person, error.code);
      }
      throw error;
    }
  }

  private async provision(
    person: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<{ account?: LinkedAccount; identity: IdentityContext }> {
    await this.identities.lock(person, manager);
    const known = await this.reader.findWithin(person, manager);
    if (known) return { identity: admitted(known) }; // a request at the same time was faster
    if (await this.identities.wasDeleted(person, manager)) throw refused('deleted user');
    const account = await this.linker.link(person, email, manager);
    // A token that has ended takes the account that it made or linked back with it.
    return { account, identity: admitted(await this.getWithin(person, manager)) };
  }

  private async follow(person: ExternalProfile, manager: EntityManager): Promise<IdentityContext> {
    await this.identities.lock(person, manager);
    const known = await this.getWithin(person, manager);
    const identity = admitted(known);
    if (!known.isOutdated) return identity; // a request at the same time was faster
    await this.follower.follow(known, person, manager);
    return admitted(await this.getWithin(person, manager));
  }

  private async getWithin(person: ExternalProfile, manager: EntityManager): Promise<ProviderIdentity> {
    const found = await this.reader.findWithin(person, manager);
    if (!found) throw new AppError('service-unavailable', { reason: 'the identity vanished' });
    return found;
  }

  private reportRefusal({ issuer }: ExternalProfile, code: string, userId?: string): void {
    this.audit.record(IDENTITY_REFUSED, { user_id: userId, issuer, code });
  }

  private report(
    { how, userId, credentialsRevoked, isFurther }: LinkedAccount,
    { issuer }: ExternalProfile,
  ): void {
    this.audit.record(how === 'created' ? IDENTITY_CREATED : IDENTITY_LINKED, {
      user_id: userId,
      issuer,
      credentials_revoked: credentialsRevoked,
      ...(isFurther && { further_subject: true }),
    });
  }
}

/** The person, if they and their token may come in. */
function admitted({ identity, hasEnded }: ProviderIdentity): IdentityContext {
  if (!identity.isActive) throw refused('inactive user');
  if (hasEnded) throw refused('ended');
  return identity;
}
