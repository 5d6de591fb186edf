import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../../../src/common/errors/error-catalog';
import { register } from '../../support/http/accounts';
import { anAdmin, ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectDocumented, operations } from '../../support/http/openapi';
import { CALLERS, MATRIX, type Caller, type Sent, type World } from '../../support/http/permission-matrix';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';

/** The role in the team of those who have one. */
const TEAM_ROLES: Partial<Record<Caller, string>> = {
  member: 'member',
  teamAdmin: 'admin',
  teamOwner: 'owner',
};
const CODES: Readonly<Record<number, ErrorCode>> = { 403: 'forbidden', 404: 'not-found' };

/** Method and path of a row; what stands behind them tells what is special about the request. */
function routeOf(name: string): { method: string; path: string } {
  const [method = '', path = ''] = name.split(' ');
  return { method, path };
}

describe('the permission matrix (R56)', () => {
  const service = useService();
  const { database } = service;
  let operator: ApiUser;

  beforeAll(async () => {
    operator = await anAdmin(service, database);
  });

  it('has a row for every route of the service, and for no other', () => {
    const rows = Object.keys(MATRIX).map((name) => Object.values(routeOf(name)).join(' '));
    const routes = operations().map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(rows)].sort()).toEqual(routes.sort());
  });

  /** A caller, a target, and a team and a domain that both may be in. */
  async function newWorld(caller: Caller): Promise<World> {
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

  const lasting = new Map<Caller, Promise<World>>();

  /** What only reads may share its world. */
  function worldOf(caller: Caller, method: string): Promise<World> {
    if (method !== 'GET') return newWorld(caller);
    const world = lasting.get(caller) ?? newWorld(caller);
    lasting.set(caller, world);
    return world;
  }

  function addressOf(path: string, { target, team, domain }: World, sent: Sent): string {
    const ids = { '/users/': target, '/teams/': team, '/domains/': domain };
    const [, id = ''] = Object.entries(ids).find(([prefix]) => path.startsWith(prefix)) ?? [];
    const values: Readonly<Record<string, string>> = { id, user_id: target, ...sent.path };
    return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? '') + (sent.query ?? '');
  }

  async function ask(name: string, caller: Caller): Promise<[Caller, number]> {
    const { method, path } = routeOf(name);
    const world = await worldOf(caller, method);
    const { body, headers, ...sent } = (await MATRIX[name]?.sent(world)) ?? {};
    const credential = caller === 'anonymous' ? {} : bearer(world.self.token);
    const answer = await send(service, method, addressOf(path, world, sent), {
      headers: { ...headers, ...credential },
      ...(body !== undefined && { body }),
    });
    expectDocumented(method, path, answer);
    const code = CODES[answer.status];
    if (code) expectProblem(answer, code);
    return [caller, answer.status];
  }

  it.each(Object.keys(MATRIX))('%s', async (name) => {
    const answers = await Promise.all(CALLERS.map((caller) => ask(name, caller)));
    expect(Object.fromEntries(answers)).toEqual(MATRIX[name]?.expected);
  });
});
