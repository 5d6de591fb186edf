import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { done, Journal } from '../../test/support/unit/journal';
import type { ShutdownState } from '../common/shutdown-state';
import type { DevelopmentConfig } from '../config/development.config';
import type { DatabaseStarter } from '../database/database-starter';
import type { SeedFileRepository } from './seed-file.repository';
import { SeedFileService } from './seed-file.service';
import type { SeedUsersService } from './seed-users.service';

const FILE = {
  people: [
    { email: 'Ada@Example.com', name: 'Ada' },
    { email: 'bob@example.com', name: 'Bob' },
  ],
  teams: [{ name: 'Design', external_ref: 'design' }, { name: 'Sales' }],
  domains: [{ key: 'design', name: 'Design', children: [{ key: 'ux', name: 'UX' }] }],
};

describe('SeedFileService', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seed-'));
  const seedFile = join(folder, 'seed.json');
  beforeAll(() => writeFileSync(seedFile, JSON.stringify(FILE)));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Applies the file on a database with these users. */
  async function apply({ existing = [] as string[], isReady = true } = {}) {
    const journal = new Journal();
    const held: Promise<void>[] = [];
    const service = new SeedFileService(
      { seedFile } as DevelopmentConfig,
      { holdReadiness: (work: Promise<void>) => void held.push(work) } as ShutdownState,
      journal.fake<DatabaseStarter>('starter', { ready: Promise.resolve(), isReady }),
      journal.database({ read: (work) => work(journal.manager) }),
      journal.fake<SeedFileRepository>('rows', {
        lock: done,
        findExisting: () => Promise.resolve(new Set(existing)),
        insertTeam: done,
        insertDomain: done,
      }),
      journal.fake<SeedUsersService>('users', {
        prepare: (email, user) => Promise.resolve({ email, user, passwordHash: null }),
        create: () => Promise.resolve(true),
      }),
    );
    const logged = jest.spyOn(service['logger'], 'log').mockReturnValue(undefined);
    service.onApplicationBootstrap();
    await Promise.all(held);
    return { journal, held, logged };
  }

  it('hashes before the transaction, and makes teams, domains and users in it, under a lock', async () => {
    const { journal, held, logged } = await apply();
    expect(held).toHaveLength(1); // the service is not ready before
    expect(journal.acts).toEqual([
      'database.read',
      'rows.findExisting',
      'users.prepare',
      'users.prepare',
      'BEGIN',
      'tx rows.lock',
      'tx rows.insertTeam',
      'tx rows.insertTeam',
      'tx rows.insertDomain',
      'tx rows.insertDomain',
      'tx users.create',
      'tx users.create',
      'COMMIT',
    ]);
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ users: 2, created: 2 }));
  });

  it('makes a domain below the one that holds it in the file', async () => {
    const { journal } = await apply();
    expect(journal.given('rows.insertDomain')).toEqual([
      ['design', 'Design', null],
      ['ux', 'UX', 'design'],
    ]);
    expect(journal.given('rows.insertTeam')).toEqual([
      ['Design', 'design'],
      ['Sales', null],
    ]);
  });

  it('hashes nothing for users who are there, in whatever letters the file writes them', async () => {
    const { journal } = await apply({ existing: ['ada@example.com', 'bob@example.com'] });
    expect(journal.acts).not.toContain('users.prepare');
    expect(journal.acts).not.toContain('tx users.create');
  });

  it('does nothing when the service stops before its database was ready', async () => {
    const { journal } = await apply({ isReady: false });
    expect(journal.acts).toEqual([]);
  });
});
