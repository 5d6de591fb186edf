import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { SessionIdentityReader } from '../../src/identity/session-identity.reader';
import { IdentityContextReader } from '../../src/identity/identity-context.reader';
import { openServiceDatabase } from '../support/database/service-database';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe('the identity context', () => {
  let database: TestDatabase;
  let source: DataSource;
  let reader: IdentityContextReader;
  let sessions: SessionIdentityReader;

  beforeAll(async () => {
    database = await createTestDatabase();
    const opened = await openServiceDatabase(database.url);
    source = opened.source;
    reader = new IdentityContextReader(opened.service);
    sessions = new SessionIdentityReader(opened.service);
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  async function person(
    email: string,
    teams: readonly string[],
    domains: readonly string[],
  ): Promise<string> {
    const [user] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name) VALUES ($1, 'Ada') RETURNING id`,
      [email],
    );
    await database.query(
      `INSERT INTO team_memberships (user_id, team_id, role)
       SELECT $1, id, CASE name WHEN 'General' THEN 'member' ELSE 'admin' END FROM teams WHERE name = ANY ($2)`,
      [user?.id, teams],
    );
    await database.query(
      `INSERT INTO user_domains (user_id, domain_id) SELECT $1, id FROM domains WHERE key = ANY ($2)`,
      [user?.id, domains],
    );
    return user?.id ?? '';
  }

  async function session(userId: string): Promise<string> {
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at)
       VALUES ($1, gen_random_uuid()::text::bytea, now() + interval '1 day', now() + interval '1 day') RETURNING id`,
      [userId],
    );
    return row?.id ?? '';
  }

  async function statementsOf(work: () => Promise<unknown>): Promise<number> {
    const statements = jest.spyOn(Client.prototype, 'query');
    try {
      await work();
      return statements.mock.calls.length;
    } finally {
      statements.mockRestore();
    }
  }

  const TEAMS = ['Product', 'General', 'Engineering'];
  const DOMAINS = ['sales', 'product', 'engineering', 'marketing'];

  it('holds 3 teams and 4 domains once each, ordered by name', async () => {
    const id = await person('many@example.com', TEAMS, DOMAINS);
    await person('other@example.com', ['Design', 'General'], ['design']);
    const identity = await reader.findByEmail('many@example.com');
    expect(identity).toMatchObject({
      id,
      email: 'many@example.com',
      teams: ['Engineering', 'General', 'Product'].map((name) => ({
        name,
        role: name === 'General' ? 'member' : 'admin',
      })),
      domains: ['engineering', 'marketing', 'product', 'sales'].map((key) => ({ key })),
    });
    expect(identity?.teams).toHaveLength(3);
    expect(identity?.domains).toHaveLength(4);
  });

  it('is read in one statement, however many teams and domains there are', async () => {
    const id = await person('counted@example.com', TEAMS, DOMAINS);
    const sid = await session(id);
    expect(await statementsOf(() => reader.findByEmail('counted@example.com'))).toBe(1);
    expect(await statementsOf(() => sessions.find(id, sid))).toBe(1);
  });

  it('is read in one statement for all tokens of the same moment, each with its own person', async () => {
    const ada = await person('ada@example.com', TEAMS, DOMAINS);
    const bob = await person('bob@example.com', ['Design'], []);
    const [adas, bobs] = [await session(ada), await session(bob)];
    const unknown = '00000000-0000-4000-8000-000000000000';
    const find = () =>
      Promise.all([
        sessions.find(ada, adas),
        sessions.find(unknown, adas),
        sessions.find(bob, bobs),
        sessions.find(bob, adas),
        sessions.find(ada, adas),
      ]);
    const known = expect.objectContaining({ id: ada, email: 'ada@example.com' });
    const other = expect.objectContaining({ id: bob, email: 'bob@example.com' });
    const alive = {
      authenticatedAt: expect.any(Date),
      authenticationAge: expect.any(Number),
      authMethods: ['pwd'],
      credentialsVersion: 0,
      tokenVersion: 0,
      endsAt: expect.any(Number),
    };
    expect(await find()).toEqual([
      { identity: known, session: alive },
      undefined,
      { identity: other, session: alive },
      { identity: other, session: undefined },
      { identity: known, session: alive },
    ]);
    expect(await statementsOf(find)).toBe(1);
    const many = () => Promise.all(Array.from({ length: 100 }, () => sessions.find(ada, adas)));
    expect(await statementsOf(many)).toBeLessThanOrEqual(4); // of which some open a connection
  });

  it('is the same by address and by session, also inside a transaction', async () => {
    const id = await person('same@example.com', TEAMS, DOMAINS);
    const identity = await reader.findByEmail('same@example.com');
    expect((await sessions.find(id, await session(id)))?.identity).toEqual(identity);
    await source.transaction(async (manager) => {
      expect(await reader.getByEmail('same@example.com', manager)).toEqual(identity);
      expect(await reader.getById(id, manager)).toEqual(identity);
    });
  });

  it('has empty lists for a person without teams and domains', async () => {
    await person('alone@example.com', [], []);
    expect(await reader.findByEmail('alone@example.com')).toMatchObject({ teams: [], domains: [] });
  });

  it('is that of nobody for an unknown address', async () => {
    expect(await reader.findByEmail('nobody@example.com')).toBeUndefined();
  });

  it('carries no password hash', async () => {
    const id = await person('hashed@example.com', [], []);
    await database.query(`UPDATE users SET password_hash = 'marked-hash' WHERE id = $1`, [id]);
    expect(JSON.stringify(await reader.findByEmail('hashed@example.com'))).not.toContain('marked-hash');
    expect(JSON.stringify(await sessions.find(id, await session(id)))).not.toContain('marked-hash');
    expect((await reader.findWithCredentials('hashed@example.com'))?.passwordHash).toBe('marked-hash');
  });
});
