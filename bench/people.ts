import { createHmac } from 'node:crypto';
import { Client } from 'pg';
import { SECRET, type Person } from './part';
import type { Target } from './processes';

const PASSWORD = 'correct horse battery';
const TEAMS = 20;
const OF_EACH = 5;
const LIFETIME_SECONDS = 3600;

/** Registers somebody. */
export async function registered(service: Target, email: string): Promise<Person> {
  const response = await fetch(`${service.url}/auth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD, name: 'Bench' }),
  });
  if (response.status !== 201) throw new Error(`registration was answered ${response.status}`);
  const { access_token: token, user } = (await response.json()) as {
    access_token: string;
    user: { id: string };
  };
  return { id: user.id, email, password: PASSWORD, token, user };
}

/** A user with a session, and the token of it. */
export interface SignedIn {
  readonly id: string;
  readonly token: string;
}

/** Makes so many users with a session, five teams and five domains each, by SQL; answers them. */
export async function makeUsers(client: Client, count: number): Promise<SignedIn[]> {
  await client.query(
    `INSERT INTO teams (name) SELECT 'Team of many ' || n FROM generate_series(0, ${TEAMS - 1}) n`,
  );
  await client.query(
    `INSERT INTO domains (key, name) SELECT 'many-' || n, 'Domain of many ' || n FROM generate_series(0, ${TEAMS - 1}) n`,
  );
  await client.query(
    `INSERT INTO users (email, name) SELECT 'many-' || n || '@bench.example', 'Ada Lovelace ' || n FROM generate_series(1, $1::int) n`,
    [count],
  );
  const numbered = (table: string, name: string) =>
    `SELECT id, substring(${name} FROM '[0-9]+$')::int AS n FROM ${table} WHERE ${name} LIKE `;
  const users = `SELECT id, substring(email FROM '[0-9]+')::int AS n FROM users WHERE email LIKE 'many-%@bench.example'`;
  await client.query(
    `INSERT INTO team_memberships (user_id, team_id)
     SELECT u.id, t.id FROM (${users}) u CROSS JOIN generate_series(0, ${OF_EACH - 1}) k
     JOIN (${numbered('teams', 'name')} 'Team of many %') t ON t.n = (u.n + k) % ${TEAMS}`,
  );
  await client.query(
    `INSERT INTO user_domains (user_id, domain_id)
     SELECT u.id, d.id FROM (${users}) u CROSS JOIN generate_series(0, ${OF_EACH - 1}) k
     JOIN (${numbered('domains', 'key')} 'many-%') d ON d.n = (u.n + k) % ${TEAMS}`,
  );
  const { rows } = await client.query<{ id: string; email: string; session_id: string }>(
    `WITH made AS (
       INSERT INTO sessions (user_id, expires_at, idle_expires_at, current_token_hash)
       SELECT id, now() + interval '1 day', now() + interval '1 day', sha256(id::text::bytea)
       FROM users WHERE email LIKE 'many-%@bench.example' RETURNING id, user_id)
     SELECT u.id, u.email, made.id AS session_id FROM made JOIN users u ON u.id = made.user_id`,
  );
  await client.query('VACUUM ANALYZE users, sessions, team_memberships, user_domains');
  return rows.map(({ id, email, session_id }) => ({ id, token: signed(id, email, session_id) }));
}

/** A token as the service issues it. */
function signed(uid: string, sub: string, sid: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ sub, uid, sid, jti: sid, iat: now, exp: now + LIFETIME_SECONDS, iss: 'promptstack-auth' },
    ...{ email_verified: false, auth_time: now, amr: ['pwd'], token_use: 'access' },
  };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ alg: 'HS256', typ: 'at+jwt' })}.${part(claims)}`;
  return `${content}.${createHmac('sha256', SECRET).update(content).digest('base64url')}`;
}
