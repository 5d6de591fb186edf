import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { AppError } from '../common/errors/app-error';
import { translateDatabaseError } from '../database/postgres-errors';
import { UserProvisioner } from '../identity/user-provisioner';
import type { NewUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { refused } from '../tokens/access-tokens';
import { UnverifiedAccountsService } from './unverified-accounts.service';
import { ProfileSyncService } from './profile-sync.service';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** The user that a provider's profile was linked to. */
export interface LinkedAccount {
  readonly userId: string;
  readonly how: 'created' | 'linked';
  /** The user's address was unverified: the password, sessions, tokens and rights were revoked. */
  readonly credentialsRevoked: boolean;
  /** The user was already linked to another subject of the issuer. */
  readonly isFurther: boolean;
}

/** Links a provider's profile, at its first sign-in, to the user with its verified address. */
@Injectable()
export class AccountLinkingService {
  constructor(
    private readonly identities: UserIdentitiesRepository,
    private readonly users: UsersService,
    private readonly provisioner: UserProvisioner,
    private readonly unverifiedAccounts: UnverifiedAccountsService,
    private readonly profileSync: ProfileSyncService,
    private readonly clock: Clock,
  ) {}

  /**
   * Creates the user, or links the existing one with that address. Refuses with `identity-conflict` when that user is already
   * linked to another subject of the issuer (unless the issuer allows several subjects per address), or is an unverified user
   * who is the last administrator or the last owner of a team. Runs in the caller's transaction, which holds the lock of the identity.
   */
  async link(profile: ExternalProfile, email: string, manager: EntityManager): Promise<LinkedAccount> {
    const created = await this.create(profile, email, manager);
    const account = created ?? (await this.linkExisting(profile, email, manager));
    const isFurther = !(await this.identities.insertIfAbsent(account.userId, profile, manager));
    if (isFurther && !(await this.join(account, profile, manager))) {
      throw new AppError('identity-conflict', { reason: 'another subject' });
    }
    await this.profileSync.syncMemberships(account.userId, profile, manager);
    return { ...account, isFurther };
  }

  /** Only a user whose address was already verified: otherwise the two subjects may belong to different owners. */
  private async join(
    account: LinkedAccount,
    profile: ExternalProfile,
    manager: EntityManager,
  ): Promise<boolean> {
    if (!profile.sharesAddress || account.credentialsRevoked) return false;
    return this.identities.insertFurther(account.userId, profile, manager);
  }

  private async create(
    profile: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<LinkedAccount | undefined> {
    const userId = await this.provisionUnlessReserved(
      {
        email,
        name: profile.name ?? email.slice(0, email.indexOf('@')),
        avatarUrl: profile.avatarUrl ?? null,
        passwordHash: null,
        emailVerifiedAt: this.now(),
      },
      manager,
    );
    return userId === undefined
      ? undefined
      : { userId, how: 'created', credentialsRevoked: false, isFurther: false };
  }

  /** Refuses with `identity-conflict` an address that is kept for a user who has just changed it. */
  private async provisionUnlessReserved(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    try {
      return await this.provisioner.provision(user, manager);
    } catch (error) {
      if (translateDatabaseError(error)?.code !== 'email-already-registered') throw error;
      throw new AppError('identity-conflict', { reason: 'reserved address', cause: error });
    }
  }

  private async linkExisting(
    { issuer, name, avatarUrl }: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<LinkedAccount> {
    const account = await this.users.lockByEmail(email, manager);
    if (!account) throw new AppError('service-unavailable', { reason: 'the account vanished' });
    if (!account.isActive) throw refused('inactive user');
    const isUnverified = account.emailVerifiedAt === null;
    if (isUnverified) {
      // Anyone could have registered the address; whoever did must lose access.
      await this.revokeAccess(account.id, issuer, manager);
      await this.users.markEmailVerified(account.id, this.now(), manager);
    }
    const profile = {
      ...(name !== undefined && { name }),
      // A picture URL set by a stranger would tell its host when the picture is viewed.
      ...((avatarUrl !== undefined || isUnverified) && { avatarUrl: avatarUrl ?? null }),
    };
    await this.profileSync.syncProfile(account.id, profile, manager);
    return { userId: account.id, how: 'linked', credentialsRevoked: isUnverified, isFurther: false };
  }

  private async revokeAccess(userId: string, issuer: string, manager: EntityManager): Promise<void> {
    try {
      await this.unverifiedAccounts.revokeAccess(userId, issuer, 'account-linked', manager);
    } catch (error) {
      const code = translateDatabaseError(error)?.code;
      if (code !== 'last-admin' && code !== 'last-owner') throw error;
      throw new AppError('identity-conflict', { reason: code, cause: error });
    }
  }

  private now(): Date {
    return new Date(this.clock.now());
  }
}
