import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { AppError } from '../common/errors/app-error';
import { translateDatabaseError } from '../database/postgres-errors';
import { UserProvisioner } from '../identity/user-provisioner';
import { UsersService } from '../users/users.service';
import { refused } from '../tokens/access-tokens';
import { UnprovenAccountsService } from './unproven-accounts.service';
import { ProfileSyncService } from './profile-sync.service';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** The account that a person of a provider came to. */
export interface LinkedAccount {
  readonly userId: string;
  readonly how: 'created' | 'linked';
  /** Nobody had proven the account's address: its password, all that was issued under it, and its rights ended. */
  readonly credentialsRevoked: boolean;
  /** The account stood for another subject of the issuer already. */
  readonly isFurther: boolean;
}

/** Ties a person of a provider, at first sight, to the account of their verified address. */
@Injectable()
export class AccountLinkingService {
  constructor(
    private readonly identities: UserIdentitiesRepository,
    private readonly users: UsersService,
    private readonly provisioner: UserProvisioner,
    private readonly unproven: UnprovenAccountsService,
    private readonly follower: ProfileSyncService,
    private readonly clock: Clock,
  ) {}

  /**
   * Makes the account, or takes the one of that address. Refuses with `identity-conflict` when that account already stands
   * for another subject of the issuer, unless the issuer's users may share an account by their address, and when what ends with an unproven
   * account is the last administrator or the last owner of a team. Runs in the caller's transaction, which holds the lock of the identity.
   */
  async link(person: ExternalProfile, email: string, manager: EntityManager): Promise<LinkedAccount> {
    const created = await this.create(person, email, manager);
    const account = created ?? (await this.linkExisting(person, email, manager));
    const isFurther = !(await this.identities.insertIfAbsent(account.userId, person, manager));
    if (isFurther && !(await this.join(account, person, manager))) {
      throw new AppError('identity-conflict', { reason: 'another subject' });
    }
    await this.follower.followGroups(account.userId, person, manager);
    return { ...account, isFurther };
  }

  /** Only to an account whose address was proven before: else whoever has the other subject need not be who has the address. */
  private async join(
    account: LinkedAccount,
    person: ExternalProfile,
    manager: EntityManager,
  ): Promise<boolean> {
    if (!person.sharesAddress || account.credentialsRevoked) return false;
    return this.identities.insertFurther(account.userId, person, manager);
  }

  private async create(
    person: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<LinkedAccount | undefined> {
    const userId = await this.provisioner.provision(
      {
        email,
        name: person.name ?? email.slice(0, email.indexOf('@')),
        avatarUrl: person.avatarUrl ?? null,
        passwordHash: null,
        emailVerifiedAt: this.now(),
      },
      manager,
    );
    return userId === undefined
      ? undefined
      : { userId, how: 'created', credentialsRevoked: false, isFurther: false };
  }

  private async linkExisting(
    { issuer, name, avatarUrl }: ExternalProfile,
    email: string,
    manager: EntityManager,
  ): Promise<LinkedAccount> {
    const account = await this.users.lockByEmail(email, manager);
    if (!account) throw new AppError('service-unavailable', { reason: 'the account vanished' });
    if (!account.isActive) throw refused('inactive user');
    const isUnproven = account.emailVerifiedAt === null;
    if (isUnproven) {
      // Whoever made the account may not be the person of that address, and must not stay inside.
      await this.endHoldings(account.id, issuer, manager);
      await this.users.markEmailVerified(account.id, this.now(), manager);
    }
    const profile = {
      ...(name !== undefined && { name }),
      // A picture that a stranger chose would tell them when it is looked at.
      ...((avatarUrl !== undefined || isUnproven) && { avatarUrl: avatarUrl ?? null }),
    };
    await this.follower.followProfile(account.id, profile, manager);
    return { userId: account.id, how: 'linked', credentialsRevoked: isUnproven, isFurther: false };
  }

  private async endHoldings(userId: string, issuer: string, manager: EntityManager): Promise<void> {
    try {
      await this.unproven.endHoldings(userId, issuer, 'account-linked', manager);
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
