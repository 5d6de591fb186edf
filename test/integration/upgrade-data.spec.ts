import { prepareDatabase } from '../../src/database/migrate';
import { createFirstReleaseDatabase } from '../support/database/first-release';
import type { TestDatabase } from '../support/database/test-database';

const IDP = 'https://idp.example';
type Row = Record<string, unknown>;

/**
 * The tables of version 1.0.0, each with what the migrations change of its rows on purpose: the mark of a provider where a
 * hand gives the row too, and the end of the sessions of users who are switched off.
 */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  users: [],
  user_identities: [],
  teams: [],
  team_memberships: ['provider_issuer'],
  domains: [],
  user_domains: [],
  sessions: ['ended_at', 'end_reason'],
  used_refresh_tokens: [],
};

/** Rows as an operator, a registration, a provider and sessions left them behind in version 1.0.0. */
const ROWS = `
  INSERT INTO users (id, email, name, password_hash, avatar_url, is_active, email_verified_at, created_at) VALUES
    ('a0000000-0000-4000-8000-000000000001', 'ada@example.com', 'Ada', '$2b$04$x', NULL, true, NULL, '2026-01-01'),
    ('a0000000-0000-4000-8000-000000000002', 'bob@example.com', 'Bob', NULL, 'https://x.example/b.png', false, '2026-02-01', '2026-02-01');
  INSERT INTO user_identities (issuer, subject, user_id, name, claims_issued_at)
    SELECT '${IDP}', 'bob', id, 'Bob', '2026-03-01' FROM users WHERE name = 'Bob';
  INSERT INTO teams (name, external_ref) VALUES ('Hand', NULL), ('Provider', 'p'), ('Both', 'b');
  INSERT INTO domains (key, name) VALUES ('hand', 'Hand'), ('provider', 'Provider');
  INSERT INTO team_memberships (user_id, team_id, role, provider_issuer)
    SELECT u.id, t.id, CASE WHEN t.name <> 'Provider' THEN 'owner' END, CASE WHEN t.name <> 'Hand' THEN '${IDP}' END
    FROM users u, teams t;
  INSERT INTO user_domains (user_id, domain_id, provider_issuer)
    SELECT u.id, d.id, CASE WHEN d.key <> 'hand' THEN '${IDP}' END FROM users u, domains d;
  INSERT INTO sessions (user_id, created_at, expires_at, idle_expires_at, current_token_hash, previous_token_hash, rotated_at, user_agent, ip_address)
    SELECT id, now() - interval '2 days', now() + interval '28 days', now() + interval '5 days',
      sha256(id::text::bytea), sha256(email::bytea), now() - interval '1 day', 'curl/8', '192.0.2.1' FROM users;
  INSERT INTO sessions (user_id, created_at, expires_at, idle_expires_at, ended_at, end_reason, current_token_hash)
    SELECT id, now() - interval '2 days', now() + interval '28 days', now() + interval '5 days', now(), 'logout',
      sha256(name::bytea) FROM users;
  INSERT INTO used_refresh_tokens (hash, session_id) SELECT previous_token_hash, id FROM sessions WHERE ended_at IS NULL`;

describe('the data of version 1.0.0 after all migrations', () => {
  let database: TestDatabase;
  const before: Record<string, Row[]> = {};

  beforeAll(async () => {
    database = await createFirstReleaseDatabase();
    for (const statement of ROWS.split(';')) await database.query(statement);
    for (const table of Object.keys(TABLES)) before[table] = await contentOf(table);
    await prepareDatabase(database.url);
  });

  afterAll(() => database.drop());

  const contentOf = (table: string) => database.query<Row>(`SELECT * FROM ${table}`);

  it.each(Object.entries(TABLES))('has every row of %s as it was', async (table, changed) => {
    const rows = (before[table] ?? []).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([column]) => !changed.includes(column))),
    );
    expect(rows.length).toBeGreaterThan(0);
    const after = await contentOf(table); // with the seeds
    for (const row of rows) expect(after).toContainEqual(expect.objectContaining(row));
  });

  it('ends no session of a user who may come in', async () => {
    const [row] = await database.query(
      `SELECT count(*)::int AS active FROM sessions s JOIN users u ON u.id = s.user_id
       WHERE u.is_active AND s.ended_at IS NULL`,
    );
    expect(row).toEqual({ active: 1 });
  });

  it('R85: marks memberships by who gave them: a hand, a provider, or both where a role was added', async () => {
    const marksOf = (table: string, thing: string, key: string) =>
      database.query(
        `SELECT DISTINCT t.name, m.given_by_hand AS hand, m.provider_issuers AS providers, m.provider_issuer AS legacy
         FROM ${table} m JOIN ${thing} t ON t.id = m.${key} ORDER BY t.name`,
      );
    expect(await marksOf('team_memberships', 'teams', 'team_id')).toEqual([
      { name: 'Both', hand: true, providers: [IDP], legacy: null },
      { name: 'Hand', hand: true, providers: [], legacy: null },
      { name: 'Provider', hand: false, providers: [IDP], legacy: IDP },
    ]);
    expect(await marksOf('user_domains', 'domains', 'domain_id')).toEqual([
      { name: 'Hand', hand: true, providers: [], legacy: null },
      { name: 'Provider', hand: false, providers: [IDP], legacy: IDP },
    ]);
  });
});
