import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { anAdmin, aUser, type ApiUser } from '../../support/http/administration';
import type { Answer } from '../../support/http/http';
import { expectNoServerErrors, expectProblem } from '../../support/http/problem';
import { eventually } from '../../support/process/eventually';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const ROUNDS = 200;

describe('changes that race each other on two replicas', () => {
  let database: TestDatabase;
  let services: [Service, Service];
  let admin: ApiUser;
  /** One connection for what is put back in each round. */
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    services = [
      await startService({ databaseUrl: database.url }),
      await startService({ databaseUrl: database.url }),
    ];
    admin = await anAdmin(services[0], database);
    client = new Client({ connectionString: database.url });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    for (const service of services) {
      await service.stop();
      expectNoServerErrors(service);
    }
    await database.drop();
  });

  const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();
  const codes = (answers: readonly Answer[]) =>
    answers.flatMap(({ body, status }) => (status >= 400 ? [body.code as string] : []));

  it(`${ROUNDS} rounds of two moves below each other leave a tree, and refuse one of the two with domain-cycle`, async () => {
    const make = (name: string) =>
      admin.must<{ id: string }>(201, 'POST', '/domains', { key: `${name}-${randomUUID()}`, name });
    const [a, b] = [await make('a'), await make('b')];
    const below = await admin.must<{ id: string }>(201, 'POST', '/domains', {
      key: `c-${randomUUID()}`,
      name: 'c',
      parent_domain_id: b.id,
    });
    for (let round = 0; round < ROUNDS; round++) {
      const target = round % 2 === 0 ? b : below;
      const moves = await Promise.all([
        admin.at(services[0]).send('PATCH', `/domains/${a.id}`, { parent_domain_id: target.id }),
        admin.at(services[1]).send('PATCH', `/domains/${b.id}`, { parent_domain_id: a.id }),
      ]);
      expect(statuses(moves)).toEqual([200, 409]);
      expect(codes(moves)).toEqual(['domain-cycle']);
      await client.query('UPDATE domains SET parent_domain_id = NULL WHERE id = ANY ($1)', [[a.id, b.id]]);
    }
  });

  it(`${ROUNDS} rounds of two owners who leave, remove or demote each other never leave a team without one`, async () => {
    const owners = [await aUser(services[0]), await aUser(services[0])] as const;
    const { id } = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: randomUUID() });
    const place = (user: ApiUser) => `/teams/${id}/members/${user.id}`;
    const seen = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      await client.query(
        `INSERT INTO team_memberships (team_id, user_id, role) SELECT $1, unnest($2::uuid[]), 'owner'
         ON CONFLICT (user_id, team_id) DO UPDATE SET role = 'owner'`,
        [id, owners.map((owner) => owner.id)],
      );
      const acts = await Promise.all(
        owners.map((owner, n) => {
          const by = owner.at(services[n as 0 | 1]);
          const other = owners[n === 0 ? 1 : 0];
          if (round % 3 === 0) return by.send('DELETE', place(owner));
          if (round % 3 === 1) return by.send('DELETE', place(other));
          return by.send('PUT', place(other), { role: 'member' });
        }),
      );
      expect(statuses(acts)[0]).toBeLessThan(300);
      expect(statuses(acts)[1]).toBeGreaterThanOrEqual(400);
      codes(acts).forEach((code) => seen.add(code));
      const { rowCount } = await client.query(
        `SELECT FROM team_memberships WHERE team_id = $1 AND role = 'owner'`,
        [id],
      );
      expect(rowCount).toBe(1);
    }
    // Who was removed or demoted a moment ago may not remove the other any more; who leaves is the last one.
    expect([...seen].sort()).toEqual(['forbidden', 'last-owner']);
  });

  it(`${ROUNDS} rounds of two administrators who demote, deactivate or delete each other or themselves leave one`, async () => {
    const seen = new Set<string>();
    let pair = [await anAdmin(services[0], database), await anAdmin(services[0], database)] as const;
    for (let round = 0; round < ROUNDS; round++) {
      await client.query(`UPDATE users SET role = 'admin', is_active = true WHERE id = ANY ($1)`, [
        pair.map(({ id }) => id),
      ]);
      await client.query(`UPDATE users SET role = 'user' WHERE role = 'admin' AND id <> ALL ($1)`, [
        pair.map(({ id }) => id),
      ]);
      const acts = await Promise.all(
        pair.map((one, n) => {
          const by = one.at(services[n as 0 | 1]);
          const target = round % 2 === 0 ? one : pair[n === 0 ? 1 : 0];
          // Who was deleted or deactivated has no token for the next round.
          if (round % 50 === 48) return by.send('DELETE', '/users/me');
          if (round % 50 === 49) return by.send('PATCH', `/users/${target.id}`, { is_active: false });
          return by.send('PATCH', `/users/${target.id}`, { role: 'user' });
        }),
      );
      expect(statuses(acts)[0]).toBeLessThan(300);
      expect(statuses(acts)[1]).toBeGreaterThanOrEqual(400);
      codes(acts).forEach((code) => seen.add(code));
      const { rowCount } = await client.query(`SELECT FROM users WHERE role = 'admin' AND is_active`);
      expect(rowCount).toBe(1);
      if (round % 50 >= 48)
        pair = [await anAdmin(services[0], database), await anAdmin(services[0], database)];
    }
    await client.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [admin.id]);
    // Who was demoted or ended a moment ago may not end the other any more; who ends themselves is the last one.
    expect([...seen].filter((code) => !['forbidden', 'last-admin', 'invalid-token'].includes(code))).toEqual(
      [],
    );
    expect(seen).toContain('last-admin');
    expect(seen).toContain('forbidden');
  });

  it(`${ROUNDS} rounds of a demotion against the acts of who is demoted: none is done after it`, async () => {
    const former = (await anAdmin(services[1], database)).at(services[1]);
    const { id } = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: randomUUID() });
    let done = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await client.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [former.id]);
      let isDemoted = false;
      const acting = (async () => {
        for (;;) {
          const isLate = isDemoted;
          const { status } = await former.send('PATCH', `/teams/${id}`, { external_ref: randomUUID() });
          if (isLate) expect(status).toBe(403);
          if (status === 403) return;
          expect(status).toBe(200);
          done++;
        }
      })();
      await admin.must(200, 'PATCH', `/users/${former.id}`, { role: 'user' });
      isDemoted = true;
      const { rows } = await client.query<{ ref: string }>(
        'SELECT external_ref AS ref FROM teams WHERE id = $1',
        [id],
      );
      await acting;
      // What was answered 200 was committed before the demotion: nothing has changed since its answer.
      const after = await client.query<{ ref: string }>(
        'SELECT external_ref AS ref FROM teams WHERE id = $1',
        [id],
      );
      expect(after.rows).toEqual(rows);
    }
    expect(done).toBeGreaterThan(ROUNDS / 4);
  });

  /** Sends a request while a statement has been made and not committed, which the request waits for; commits; answers. */
  async function overtakenBy(sql: string, values: unknown[], act: () => Promise<Answer>): Promise<Answer> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(sql, values);
      const answer = act();
      await eventually('the request waits', async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length > 0 || undefined;
      });
      await client.query('COMMIT');
      return await answer;
    } finally {
      await client.end();
    }
  }

  it.each(['admin', 'member', null])(
    'an owner who is made %p a moment before makes no owner any more (R56)',
    async (role) => {
      const [owner, other] = [await aUser(services[0]), await aUser(services[0])];
      const { id } = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: randomUUID() });
      for (const { id: userId } of [owner, other])
        await admin.must(201, 'PUT', `/teams/${id}/members/${userId}`, { role: 'owner' });
      const answer = await overtakenBy(
        `UPDATE team_memberships SET role = $3 WHERE team_id = $1 AND user_id = $2`,
        [id, owner.id, role],
        () => owner.send('PUT', `/teams/${id}/members/${admin.id}`, { role: 'owner' }),
      );
      expectProblem(answer, 'forbidden');
      expect(
        await database.query(`SELECT FROM team_memberships WHERE team_id = $1 AND user_id = $2`, [
          id,
          admin.id,
        ]),
      ).toEqual([]);
    },
  );

  it.each([
    ['POST', '/teams', () => ({ name: randomUUID() })],
    ['POST', '/domains', () => ({ key: randomUUID(), name: 'x' })],
    ['PATCH', '/teams/{team}', () => ({ name: randomUUID() })],
    ['DELETE', '/teams/{team}', () => undefined],
    ['PATCH', '/domains/{domain}', () => ({ name: 'Mine' })],
    ['DELETE', '/domains/{domain}', () => undefined],
    ['PUT', '/domains/{domain}/users/{user}', () => undefined],
    ['DELETE', '/domains/{domain}/users/{user}', () => undefined],
    ['PUT', '/teams/{team}/members/{user}', () => ({ role: 'owner' })],
    ['POST', '/teams/{team}/members', () => ({ email: 'nobody@example.com' })],
    ['DELETE', '/teams/{team}/members/{user}', () => undefined],
  ])(
    'an administrator who is demoted a moment before may not %s %s any more (R56)',
    async (method, path, body) => {
      const former = await anAdmin(services[0], database);
      const user = await aUser(services[0]);
      const { id: team } = await admin.must<{ id: string }>(201, 'POST', '/teams', { name: randomUUID() });
      const key = { key: randomUUID(), name: 'Domain' };
      const { id: domain } = await admin.must<{ id: string }>(201, 'POST', '/domains', key);
      const address = path.replace('{team}', team).replace('{domain}', domain).replace('{user}', user.id);
      const answer = await overtakenBy(`UPDATE users SET role = 'user' WHERE id = $1`, [former.id], () =>
        former.send(method, address, body()),
      );
      expectProblem(answer, 'forbidden');
    },
  );
});
