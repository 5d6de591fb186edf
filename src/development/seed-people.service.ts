import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PasswordHasher } from '../passwords/password-hasher';
import { ConfigurationError } from '../config/configuration-error';
import { DomainsService } from '../domains/domains.service';
import { TeamsService } from '../teams/teams.service';
import { UsersService } from '../users/users.service';
import type { SeedMembership, SeedPerson } from './dto/seed-file.dto';

/** A user of the file, whose password is hashed. */
export interface PreparedPerson {
  /** Normalised. */
  readonly email: string;
  readonly person: SeedPerson;
  readonly passwordHash: string | null;
}

/** Makes the users of the seed file. */
@Injectable()
export class SeedPeopleService {
  constructor(
    private readonly hasher: PasswordHasher,
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  /** Hashes the password, which no transaction should wait for. */
  async prepare(email: string, person: SeedPerson): Promise<PreparedPerson> {
    const passwordHash = person.password ? await this.hasher.hash(person.password) : null;
    return { email, person, passwordHash };
  }

  /**
   * Makes the user with their teams and domains (without either: the default one). Answers false when the address is taken;
   * throws a ConfigurationError for a team or a domain that does not exist.
   */
  async create({ email, person, passwordHash }: PreparedPerson, manager: EntityManager): Promise<boolean> {
    const { name, email_verified, teams, domains } = person;
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
