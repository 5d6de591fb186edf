import { randomUUID } from 'node:crypto';
import type { TestDatabase } from '../database/test-database';
import { register } from './accounts';
import type { ApiUser } from './administration';
import type { Caller, Sent, World } from './permission-matrix';

/** The role in the team of those who have one. */
const TEAM_ROLES: Partial<Record<Caller, string>> = {
  member: 'member',
  teamAdmin: 'admin',
  teamOwner: 'owner',
};

/** Method and path of a row of the matrix; what stands behind them tells what is special about the request. */
export function routeOf(name: string): { method: string; path: string } {
  const [method = '', path = ''] = name.split(' ');
  return { method, path };
}

/** A caller, a target, and a team and a domain that both may be in. */
export async function newWorld(
  caller: Caller,
  {
    service,
    database,
    operator,
  }: { service: { readonly url: string }; database: TestDatabase; operator: ApiUser },
): Promise<World> {
  const self = await register(service);
  const [made] = await database.query<{ target: string; team: string; domain: string }>(
    `WITH team AS (INSERT INTO teams (name) VALUES ($1) RETURNING id),
       domain AS (INSERT INTO domains (key, name) VALUES ($1, 'Domain') RETURNING id),
       target AS (INSERT INTO users (email, name) VALUES ($1 || '@example.com', 'Target') RETURNING id),
       self AS (UPDATE users SET is_active = $4, role = $5, email_verified_at = CASE WHEN $6 THEN now() END WHERE id = $2),
       memberships AS (INSERT INTO team_memberships (team_id, user_id, role)
         SELECT team.id, m.id, m.role
         FROM team, target, LATERAL (VALUES ($3::uuid, 'owner'), (target.id, NULL), ($2::uuid, $7)) AS m (id, role)
         WHERE m.id <> $2 OR m.role IS NOT NULL),
       assignment AS (INSERT INTO user_domains (domain_id, user_id) SELECT domain.id, target.id FROM domain, target)
     SELECT target.id AS target, team.id AS team, domain.id AS domain FROM target, team, domain`,
    [
      ...[randomUUID(), self.id, operator.id, caller !== 'deactivated'],
      ...[caller === 'admin' ? 'admin' : 'user', caller !== 'unproven', TEAM_ROLES[caller] ?? null],
    ],
  );
  if (!made) throw new Error('there is no world');
  return { service, database, operator, self, ...made };
}

/** The path of a request: ids by the beginning of the path, and what the row names itself. */
export function addressOf(path: string, { target, team, domain }: World, sent: Sent): string {
  const ids = { '/users/': target, '/teams/': team, '/domains/': domain };
  const [, id = ''] = Object.entries(ids).find(([prefix]) => path.startsWith(prefix)) ?? [];
  const values: Readonly<Record<string, string>> = { id, user_id: target, ...sent.path };
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '') + (sent.query ?? '');
}
