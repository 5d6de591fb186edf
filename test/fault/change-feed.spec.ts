import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change } from '../../src/changes/change';
import { ChangeFeed } from '../../src/changes/change-feed';
import { DatabaseConfig } from '../../src/config/database.config';
import type { Database, PreparedStatement } from '../../src/database/database';
import type { DatabaseStarter } from '../../src/database/database-starter';
import { eventually } from '../support/process/eventually';
import { useDatabase } from '../support/database/test-database';
import { useResource } from '../support/process/use-resource';
import { TcpProxy } from '../support/http/tcp-proxy';

const BOUND_MS = 2000;

/** R18: whether what is remembered may be believed, whatever happens to the connections. */
describe('the feed of changes', () => {
  const database = useDatabase();
  const other = useDatabase();
  let proxy: TcpProxy;
  let feed: ChangeFeed;
  let heard: Change[];

  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  useResource(
    async () => (proxy = await TcpProxy.start(database.url)),
    () => proxy.stop(),
  );

  afterEach(async () => {
    proxy.thaw();
    await feed.onApplicationShutdown();
  });

  function open(
    urls: { readonly url?: string; readonly listenUrl?: string | undefined } = {},
    changesSessions = false,
  ): void {
    const config = new DatabaseConfig({
      url: database.url,
      listenUrl: proxy.url,
      migrationUrl: undefined,
      revocationBoundMs: BOUND_MS,
      identityCacheMb: 64,
      poolSize: 1,
      timeoutMs: 1500,
      ...urls,
    });
    const through = {
      statement: ({ text }: PreparedStatement, values: unknown[]) => database.query(text, values),
    } as unknown as Database;
    const starter = { ready: Promise.resolve(), isReady: true, changesSessions };
    feed = new ChangeFeed(config, starter as DatabaseStarter, through);
    heard = [];
    feed.subscribe((change) => heard.push(change));
    feed.onApplicationBootstrap();
  }

  const untilCurrent = () => eventually('changes are heard of', () => feed.isCurrent || undefined);

  async function changeUser(): Promise<string> {
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name) VALUES (gen_random_uuid() || '@example.com', 'Ada') RETURNING id`,
    );
    await database.query(`UPDATE users SET name = 'Grace' WHERE id = $1`, [row?.id]);
    return row?.id ?? '';
  }

  async function expectToHear(): Promise<void> {
    const userId = await changeUser();
    await eventually(
      'the change is heard of',
      () => heard.some((change) => 'userId' in change && change.userId === userId) || undefined,
    );
  }

  /** What must hold after something that nobody is told of: not believed at the bound, everything forgotten, then believed anew. */
  async function expectDistrust(since: number): Promise<void> {
    await eventually('nothing is believed', () => !feed.isCurrent || undefined);
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
    await eventually(
      'everything is forgotten',
      () => heard.some(({ kind }) => kind === 'reset') || undefined,
    );
    await untilCurrent();
    await expectToHear();
  }

  it('is believed once a heartbeat came back, after everything was forgotten, and then hears changes at once', async () => {
    open();
    expect(feed.isCurrent).toBe(false);
    await untilCurrent();
    expect(heard).toEqual([{ kind: 'reset' }]);
    await expectToHear();
  });

  it('tells when what was committed has been heard', async () => {
    open();
    await feed.untilHeard(); // at once
    await untilCurrent();
    for (let n = 0; n < 20; n++) {
      const userId = await changeUser();
      await feed.untilHeard();
      expect(heard).toContainEqual({ kind: 'user-changed', userId });
    }
  });

  it('knows the time of the database, never too early', async () => {
    open();
    await untilCurrent();
    const [row] = await database.query<{ now: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
    );
    expect(feed.databaseTime).toBeGreaterThanOrEqual(row?.now ?? Infinity);
    expect(feed.databaseTime - (row?.now ?? 0)).toBeLessThan(1000);
  });

  it.each([
    'nonsense',
    '{}',
    '[]',
    '{"kind":"user-changed"}',
    '{"kind":"user-changed","names":[1]}',
    '{"kind":"__proto__","names":[]}',
  ])('takes a forged notification for a change of everything: %s', async (payload) => {
    open();
    await untilCurrent();
    await database.query('SELECT pg_notify($1, $2)', ['promptstack_auth', payload]);
    await eventually('it is heard', () => heard.some(({ kind }) => kind === 'all-changed') || undefined);
  });

  it('stays off behind a pooler that changes sessions, unless it has an address of its own', async () => {
    open({ listenUrl: undefined }, true);
    await sleep(300);
    expect(feed.isCurrent).toBe(false);
    open({}, true);
    await untilCurrent();
  });

  it('does not believe a forged heartbeat', async () => {
    open({ url: other.url });
    const forged = JSON.stringify({ kind: 'heartbeat', id: '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11' });
    await database.query('SELECT pg_notify($1, $2)', ['promptstack_auth', forged]);
    await sleep(300);
    expect(feed.isCurrent).toBe(false);
  });

  it('is not believed any more when its connection is cut', async () => {
    open();
    await untilCurrent();
    heard = [];
    const since = performance.now();
    proxy.cut();
    await expectDistrust(since);
  });

  it('is not believed any more when its connection is silent (black hole): it listens on another one', async () => {
    open();
    await untilCurrent();
    heard = [];
    const since = performance.now();
    proxy.strand();
    await expectDistrust(since);
  });

  it('is not believed any more while its connection is frozen', async () => {
    open();
    await untilCurrent();
    heard = [];
    const since = performance.now();
    proxy.freeze();
    await eventually('nothing is believed', () => !feed.isCurrent || undefined);
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
    await changeUser();
    proxy.thaw();
    await untilCurrent();
    expect(heard).toContainEqual({ kind: 'reset' });
  });

  it('is never believed where it listens at another database than the one that is written to', async () => {
    open({ url: other.url });
    for (let n = 0; n < 10; n++) {
      await sleep(50);
      expect(feed.isCurrent).toBe(false);
    }
  });

  it('is not believed while triggers are off, and forgets everything when they were off for a moment', async () => {
    open();
    await untilCurrent();
    const since = performance.now();
    await database.query('ALTER TABLE team_memberships DISABLE TRIGGER ALL');
    await eventually('nothing is believed', () => !feed.isCurrent || undefined);
    expect(performance.now() - since).toBeLessThan(BOUND_MS);
    await database.query('ALTER TABLE team_memberships ENABLE TRIGGER ALL');
    await untilCurrent();
    heard = [];
    await database.query(
      'BEGIN; ALTER TABLE users DISABLE TRIGGER ALL; ALTER TABLE users ENABLE TRIGGER ALL; COMMIT',
    );
    await eventually(
      'everything is forgotten',
      () => heard.some(({ kind }) => kind === 'reset') || undefined,
    );
    expect(feed.isCurrent).toBe(true);
  });
});
