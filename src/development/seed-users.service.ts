import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PasswordHasher } from '../passwords/password-hasher';
import { ConfigurationError } from '../config/configuration-error';
import { DomainsService } from '../domains/domains.service';
import { TeamsService } from '../teams/teams.service';
import { UsersService } from '../users/users.service';
import type { SeedMembership, SeedUser } from './dto/seed-file.dto';

/** A user of the file, whose password is hashed. */
export interface PreparedUser {
  /** Normalised. */
  readonly email: string;
  readonly user: SeedUser;
  readonly passwordHash: string | null;
}

/** Creates the users of the seed file. */
@Injectable()
export class SeedUsersService {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  /** Hashes the password, before any transaction. */
  async prepare(email: string, user: SeedUser): Promise<PreparedUser> {
    const passwordHash = user.password ? await this.hasher.hash(user.password) : null;
    return { email, user, passwordHash };
  }

  /**
   * Creates the user with the listed teams and domains, or the defaults. Answers false when the address is taken; throws a
   * `ConfigurationError` for a team or a domain that does not exist.
   */
  async create({ email, user, passwordHash }: PreparedUser, manager: EntityManager): Promise<boolean> {
    const { name, email_verified, teams, domains } = user;
    const proof = email_verified ? { emailVerifiedAt: new Date() } : {};
    const id = await this.users.createIfAbsent({ email, name, passwordHash, ...proof }, manager);
    if (id === undefined) return false;
    if (teams) await this.join(id, email, teams, manager);
    else await this.teams.joinDefault(id, manager);
    if (domains) await this.assign(id, email, domains, manager);
    else await this.domains.assignDefault(id, manager);
    return true;
  }

  private async join(
    id: string,
    email: string,
    teams: readonly SeedMembership[],
    manager: EntityManager,
  ): Promise<void> {
    for (const { name, role } of teams) {
      const joined = await this.teams.join(id, name, role ?? null, manager);
      if (!joined) throw missing('team', email, name);
    }
  }

  private async assign(
    id: string,
    email: string,
    keys: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    for (const key of keys) {
      const assigned = await this.domains.assign(id, key, manager);
      if (!assigned) throw missing('domain', email, key);
    }
  }
}

function missing(kind: 'team' | 'domain', email: string, name: string): ConfigurationError {
  return new ConfigurationError([
    `AUTH_SEED_FILE: people: ${email} is in the ${kind} ${JSON.stringify(name)}, which is neither in the file nor in the database`,
  ]);
}
