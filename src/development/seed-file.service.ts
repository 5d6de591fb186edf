import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ShutdownState } from '../common/shutdown-state';
import { DevelopmentConfig } from '../config/development.config';
import { Database } from '../database/database';
import { DatabaseStarter } from '../database/database-starter';
import { requireEmail } from '../users/email';
import type { SeedDomain, SeedFile, SeedPerson } from './dto/seed-file.dto';
import { readSeedFile } from './read-seed-file';
import { SeedFileRepository } from './seed-file.repository';
import { SeedPeopleService, type PreparedPerson } from './seed-people.service';

/**
 * Makes the people, teams and domains of `AUTH_SEED_FILE` before the service is ready. What is there already stays as it is,
 * so that a restart changes nothing.
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
    private readonly people: SeedPeopleService,
  ) {
    this.file = readSeedFile(seedFile ?? '');
  }

  onApplicationBootstrap(): void {
    this.lifecycle.holdReadiness(this.starter.ready.then(() => this.apply()));
  }

  private async apply(): Promise<void> {
    if (!this.starter.isReady) return; // told to stop meanwhile
    const { people = [], teams = [], domains = [] } = this.file;
    const prepared = await this.prepare(people);
    const made = await this.database.transaction(async (manager) => {
      await this.rows.lock(manager);
      for (const { name, external_ref } of teams) {
        await this.rows.insertTeam(name, external_ref ?? null, manager);
      }
      for (const domain of domains) await this.insertDomain(domain, null, manager);
      let count = 0;
      for (const person of prepared) if (await this.people.create(person, manager)) count++;
      return count;
    });
    this.logger.log({ msg: 'test data of AUTH_SEED_FILE is there', people: people.length, made });
  }

  /** Those who have no account yet. */
  private async prepare(people: readonly SeedPerson[]): Promise<PreparedPerson[]> {
    const byEmail = new Map(people.map((person) => [requireEmail(person.email), person]));
    const existing = await this.database.read((manager) =>
      this.rows.findExisting([...byEmail.keys()], manager),
    );
    const prepared: PreparedPerson[] = [];
    for (const [email, person] of byEmail) {
      if (!existing.has(email)) prepared.push(await this.people.prepare(email, person));
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
