import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SessionConfig } from '../../src/config/session.config';
import type { Database } from '../../src/database/database';
import { RefreshTokens } from '../../src/sessions/refresh-tokens';
import { SessionOpeningsRepository } from '../../src/sessions/session-openings.repository';
import type { NewSession } from '../../src/sessions/sessions.repository';
import { UsersRepository } from '../../src/users/users.repository';
import { UsersService } from '../../src/users/users.service';
import { eventually } from '../support/process/eventually';
import { openServiceDatabase } from '../support/database/service-database';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const KEY = 'a-key-of-the-tests-for-refresh-tokens-0123456789';

/** What a session opens by, and what ends that: `users.credentials_version`. */
describe('the version of the credentials of a user', () => {
  let database: TestDatabase;
  let source: DataSource;
  let service: Database;
  let users: UsersService;
  let openings: SessionOpeningsRepository;
  let userId: string;

  const tokens = new RefreshTokens({ refreshTokenKeys: [Buffer.from(KEY)] } as unknown as SessionConfig);

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ source, service } = await openServiceDatabase(database.url));
    users = new UsersService(new UsersRepository(service));
    openings = new SessionOpeningsRepository(service, { maxDays: 30, idleDays: 7 } as SessionConfig);
  });

  afterAll(async () => {
    await source?.destroy();
    await database?.drop();
  });

  beforeEach(async () => {
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name, password_hash) VALUES ($1, 'Ada', 'a hash') RETURNING id`,
      [`${randomBytes(6).toString('hex')}@example.com`],
    );
    userId = row?.id ?? '';
  });

  async function version(): Promise<number | undefined> {
    const [row] = await database.query<{ version: number }>(
      'SELECT credentials_version AS version FROM users WHERE id = $1',
      [userId],
    );
    return row?.version;
  }

  const set = (assignments: string) =>
    database.query(`UPDATE users SET ${assignments} WHERE id = $1`, [userId]);

  function open(credentialsVersion: number, more: Partial<NewSession> = {}) {
    const id = randomUUID();
    const session = { id, userId, credentialsVersion, methods: ['pwd'], token: tokens.first() };
    return service.transaction(async (manager) => {
      const opened = await openings.insert(
        { ...session, userAgent: null, ipAddress: null, ...more },
        manager,
      );
      return opened && { id, ...opened };
    });
  }

  describe('is raised by', () => {
    it('a change of password, which wins over another one of the same version (R20)', async () => {
      const change = (hash: string) =>
        service.transaction((manager) =>
          users.changePassword({ userId, credentialsVersion: 0 }, hash, manager),
        );
      expect([await change('first'), await change('second')]).toEqual([1, undefined]);
      expect(await database.query('SELECT password_hash AS hash FROM users WHERE id = $1', [userId])).toEqual(
        [{ hash: 'first' }],
      );
    });

    it('the removal of a password at linking, also where there was none (R29)', async () => {
      const remove = () => service.transaction((manager) => users.removePassword(userId, manager));
      await remove();
      expect(await version()).toBe(1);
      await remove();
      expect(await version()).toBe(2);
    });

    it.each(["password_hash = 'another'", 'password_hash = NULL'])(
      'whoever does not know the column: %s',
      async (assignments) => {
        await set(assignments);
        expect(await version()).toBe(1);
      },
    );
  });

  describe('stays', () => {
    it('where the same password gets another hash (R38)', async () => {
      await users.replacePasswordHash(userId, 'a hash', 'a stronger hash');
      const rows = await database.query(
        'SELECT password_hash AS hash, credentials_version AS version FROM users WHERE id = $1',
        [userId],
      );
      expect(rows).toEqual([{ hash: 'a stronger hash', version: 0 }]);
    });

    it('and so does the hash, where the password was changed before its other hash was stored', async () => {
      await set(`password_hash = 'another'`);
      await users.replacePasswordHash(userId, 'a hash', 'a stronger hash');
      const rows = await database.query(
        'SELECT password_hash AS hash, credentials_version AS version FROM users WHERE id = $1',
        [userId],
      );
      expect(rows).toEqual([{ hash: 'another', version: 1 }]);
    });

    it.each([
      "name = 'Augusta'",
      'is_active = false',
      'email_verified_at = now()',
      'credentials_version = NULL',
    ])('with %s', async (assignments) => {
      await set(assignments);
      expect(await version()).toBe(0);
    });

    it('when somebody sets it back, or to NULL for a password that is taken away: it goes up only', async () => {
      await set('credentials_version = 5');
      await set('credentials_version = 2');
      expect(await version()).toBe(5);
      await set('password_hash = NULL, credentials_version = NULL');
      expect(await version()).toBe(6);
    });
  });

  describe('a session', () => {
    it('opens by the present one, tells methods and time, and begins at its opening', async () => {
      const opened = await open(0, { methods: ['pwd', 'otp'] });
      const [row] = await database.query<{ methods: string[]; at: Date; is_at_opening: boolean }>(
        `SELECT authentication_methods AS methods, session_authenticated_at(s) AS at,
           session_authenticated_at(s) = s.created_at AS is_at_opening FROM sessions s WHERE id = $1`,
        [opened?.id],
      );
      expect(row).toEqual({ methods: ['pwd', 'otp'], at: opened?.authenticatedAt, is_at_opening: true });
    });

    it('keeps the time of an earlier authentication, but none that is to come', async () => {
      const earlier = new Date(Date.now() - 60_000);
      expect((await open(0, { authenticatedAt: earlier }))?.authenticatedAt).toEqual(earlier);
      const later = new Date(Date.now() + 3_600_000);
      expect((await open(0, { authenticatedAt: later }))?.authenticatedAt.getTime()).toBeLessThan(
        later.getTime(),
      );
    });

    it('opens for no other version, for no inactive user, and for no authentication before tokens_not_before', async () => {
      expect(await open(1)).toBeUndefined();
      await set('is_active = false');
      expect(await open(0)).toBeUndefined();
      await set('is_active = true'); // moves tokens_not_before
      expect(await open(0, { authenticatedAt: new Date(Date.now() - 60_000) })).toBeUndefined();
      expect(await open(0)).toBeDefined();
    });

    it('waits for a change under way, and does not open after it (R20)', async () => {
      const changing = source.createQueryRunner();
      await changing.startTransaction();
      await users.changePassword({ userId, credentialsVersion: 0 }, 'another', changing.manager);
      const opening = open(0);
      await eventually('it waits', async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return waiting.length > 0 ? true : undefined;
      });
      await changing.commitTransaction();
      await changing.release();
      expect(await opening).toBeUndefined();
    });
  });

  /** Statements of the build before, which compares stored hashes. */
  describe('beside a replica of the build before', () => {
    const openByHash = (hash: string) =>
      database.query(
        `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at)
         SELECT u.id, $2, now() + interval '1 day', now() + interval '1 day' FROM users u
         WHERE u.id = $1 AND u.is_active AND u.password_hash IS NOT DISTINCT FROM $3 FOR SHARE RETURNING id`,
        [userId, createHash('sha256').update(randomBytes(9)).digest(), hash],
      );

    it('a change there stops a sign-in here', async () => {
      await set(`password_hash = 'changed there'`);
      expect(await open(0)).toBeUndefined();
      expect(await open(1)).toBeDefined();
    });

    it('a change here stops a sign-in there', async () => {
      await service.transaction((manager) =>
        users.changePassword({ userId, credentialsVersion: 0 }, 'changed here', manager),
      );
      expect(await openByHash('a hash')).toEqual([]);
      expect(await openByHash('changed here')).toHaveLength(1);
    });
  });
});

describe('what an active session is', () => {
  it('is written into the statements that ask for it: its function is not called', async () => {
    const database = await createTestDatabase();
    try {
      const plan = await database.query(
        `EXPLAIN (VERBOSE, FORMAT JSON) UPDATE sessions s SET last_used_at = now() FROM users u
         WHERE s.current_token_hash = '\\x00' AND u.id = s.user_id AND is_active_session(s, u)`,
      );
      const text = JSON.stringify(plan);
      expect(text).toContain('idle_expires_at > now()');
      expect(text).not.toMatch(/is_active_session|session_authenticated_at/);
    } finally {
      await database.drop();
    }
  });
});
