import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ShutdownState } from '../common/shutdown-state';
import { DevelopmentConfig } from '../config/development.config';
import { Database } from '../database/database';
import { DatabaseStarter } from '../database/database-starter';
import { requireEmail } from '../users/email';
import type { SeedDomain, SeedFile, SeedUser } from './dto/seed-file.dto';
import { readSeedFile } from './read-seed-file';
import { SeedFileRepository } from './seed-file.repository';
import { SeedUsersService, type PreparedUser } from './seed-users.service';

/**
 * Creates the users, teams and domains of `AUTH_SEED_FILE` before the service is ready. Existing rows stay unchanged, so a
 * restart changes nothing.
 */
@Injectable()
export class SeedFileService implements OnApplicationBootstrap {
  private readonly logger = new Logger('SeedFile');
  private readonly file: SeedFile;

  constructor(
    { seedFile }: DevelopmentConfig,
    private readonly lifecycle: ShutdownState,
    private readonly starter: DatabaseStarter,
    private readonly database: Database,
    private readonly rows: SeedFileRepository,
    private readonly users: SeedUsersService,
  ) {
    this.file = readSeedFile(seedFile ?? '');
  }

  onApplicationBootstrap(): void {
    this.lifecycle.holdReadiness(this.starter.ready.then(() => this.apply()));
  }

  private async apply(): Promise<void> {
    if (!this.starter.isReady) return; // shutdown has begun
    const { people = [], teams = [], domains = [] } = this.file;
    const prepared = await this.prepare(people);
    const created = await this.database.transaction(async (manager) => {
      await this.rows.lock(manager);
      for (const { name, external_ref } of teams) {
        await this.rows.insertTeam(name, external_ref ?? null, manager);
      }
      for (const domain of domains) await this.insertDomain(domain, null, manager);
      let count = 0;
      for (const user of prepared) if (await this.users.create(user, manager)) count++;
      return count;
    });
    this.logger.log({ msg: 'test data of AUTH_SEED_FILE applied', users: people.length, created });
  }

  /** Prepares those that do not exist yet. */
  private async prepare(people: readonly SeedUser[]): Promise<PreparedUser[]> {
    const byEmail = new Map(people.map((user) => [requireEmail(user.email), user]));
    const existing = await this.database.read((manager) =>
      this.rows.findExisting([...byEmail.keys()], manager),
    );
    const prepared: PreparedUser[] = [];
    for (const [email, user] of byEmail) {
      if (!existing.has(email)) prepared.push(await this.users.prepare(email, user));
    }
    return prepared;
  }

  private async insertDomain(
    domain: SeedDomain,
    parent: string | null,
    manager: EntityManager,
  ): Promise<void> {
    await this.rows.insertDomain(domain.key, domain.name, parent, manager);
    for (const child of domain.children ?? []) await this.insertDomain(child, domain.key, manager);
  }
}
