import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { DomainsService } from '../domains/domains.service';
import { NewPasswordsService } from '../passwords/new-passwords.service';
import type { PlatformRole } from '../security/identity-context';
import type { TeamRole } from '../teams/team-membership.entity';
import { TeamsService } from '../teams/teams.service';
import { UsersService } from '../users/users.service';
import type { IssuedCode } from '../verification/verification-codes.service';
import { ActivationCodes } from './activation-codes.service';
import { ManagedUsersRepository } from './managed-users.repository';

/** A user whom an administrator makes. */
export interface UserToCreate {
  /** Normalised. */
  readonly email: string;
  readonly name: string;
  /** Must be changed at the first sign-in; undefined: the user gets an activation code. */
  readonly password: string | undefined;
  readonly role: PlatformRole;
  /** Undefined: the default one. */
  readonly teams: readonly { readonly id: string; readonly role: TeamRole | null }[] | undefined;
  /** Ids; undefined: the default one. */
  readonly domains: readonly string[] | undefined;
}

/** A user to be, whose password, if any, fits the policy and is hashed. */
export interface PreparedUser extends Omit<UserToCreate, 'password'> {
  readonly passwordHash: string | undefined;
}

/** A user who was made. */
export interface CreatedUser {
  readonly id: string;
  readonly activation: IssuedCode | undefined;
}

/** Makes users with their places in teams and domains. */
@Injectable()
export class UserCreationService {
  constructor(
    private readonly accounts: UsersService,
    private readonly activations: ActivationCodes,
    private readonly users: ManagedUsersRepository,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
    private readonly newPasswords: NewPasswordsService,
  ) {}

  /** Refuses an unfit password with `invalid-input`. Hashes, so that no transaction has to wait for it. */
  async prepare({ password, ...user }: UserToCreate): Promise<PreparedUser> {
    if (password === undefined) return { ...user, passwordHash: undefined };
    return { ...user, passwordHash: await this.newPasswords.hash(password, user, '#/password') };
  }

  /** Refuses with `email-already-registered` a taken address, and with `invalid-input` teams and domains that do not exist. */
  async create(user: PreparedUser, manager: EntityManager): Promise<CreatedUser> {
    const { email, name, passwordHash, role } = user;
    const id = await this.accounts.createIfAbsent(
      { email, name, passwordHash: passwordHash ?? null },
      manager,
    );
    if (id === undefined) throw new AppError('email-already-registered');
    const mustChangePassword = passwordHash !== undefined;
    if (role === 'admin' || mustChangePassword) {
      await this.users.updateInitial(id, { role, mustChangePassword }, manager);
    }
    await this.place(id, user, manager);
    const activation = mustChangePassword ? undefined : await this.activations.issue({ id, email }, manager);
    return { id, activation };
  }

  private async place(id: string, { teams, domains }: PreparedUser, manager: EntityManager): Promise<void> {
    if (teams)
      refuseUnknown(
        teams.map((team) => team.id),
        await this.users.insertMemberships(id, teams, manager),
        'team',
      );
    else await this.teams.joinDefault(id, manager);
    if (domains) refuseUnknown(domains, await this.users.insertAssignments(id, domains, manager), 'domain');
    else await this.domains.assignDefault(id, manager);
  }
}

function refuseUnknown(ids: readonly string[], unknown: readonly string[], what: 'team' | 'domain'): void {
  if (unknown.length === 0) return;
  throw invalidInput(
    unknown.map((id) => ({
      pointer: `#/${what}s/${ids.indexOf(id)}${what === 'team' ? '/id' : ''}`,
      detail: `must be the id of a ${what} that exists`,
    })),
  );
}
