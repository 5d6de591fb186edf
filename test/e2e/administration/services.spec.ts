import { randomUUID } from 'node:crypto';
import { uniqueEmail } from '../../support/http/accounts';
import { anAdmin, aUser, type ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';

describe('services as callers of the administration (R56)', () => {
  const service = useService();
  let admin: ApiUser;

  beforeAll(async () => {
    admin = await anAdmin(service, service.database);
  });

  /** Sends requests with a key of a new service account with these scopes. */
  async function withScopes(...scopes: string[]) {
    const made = await admin.must<{ id: string }>(201, 'POST', '/service-accounts', {
      name: randomUUID(),
      scopes,
    });
    const key = await admin.must<{ secret: string }>(201, 'POST', `/service-accounts/${made.id}/keys`, {});
    return (method: string, path: string, body?: unknown) =>
      send<{ id: string }>(service, method, path, {
        headers: bearer(key.secret),
        ...(body !== undefined && { body }),
      });
  }

  it('teams:write and domains:write include members and assignments', async () => {
    const call = await withScopes('teams:write', 'domains:write');
    const user = await aUser(service);
    const team = await call('POST', '/teams', { name: randomUUID() });
    const domain = await call('POST', '/domains', { key: randomUUID(), name: 'Payments' });
    expect([team.status, domain.status]).toEqual([201, 201]);
    for (const [status, method, path, body] of [
      [200, 'GET', `/teams/${team.body.id}`],
      [201, 'PUT', `/teams/${team.body.id}/members/${user.id}`, { role: 'owner' }],
      [200, 'GET', `/teams/${team.body.id}/members`],
      [204, 'PUT', `/domains/${domain.body.id}/users/${user.id}`],
      [200, 'GET', `/domains/${domain.body.id}/users`],
      [204, 'DELETE', `/domains/${domain.body.id}`],
      [403, 'GET', '/users'],
    ] as const)
      expect([path, (await call(method, path, body)).status]).toEqual([path, status]);
  });

  it('users:write includes users:read, makes no administrator, acts on none, and places nobody without the scopes', async () => {
    const call = await withScopes('users:write');
    const user = await aUser(service);
    const member = { email: uniqueEmail(), name: 'Grace Hopper' };
    expect((await call('POST', '/users', member)).status).toBe(201);
    expect((await call('GET', `/users/${user.id}`)).status).toBe(200);
    expect((await call('PATCH', `/users/${user.id}`, { name: 'Ada King' })).status).toBe(200);
    const elsewhere = { ...member, email: uniqueEmail() };
    const [team] = await service.database.query<{ id: string }>('SELECT id FROM teams LIMIT 1');
    for (const [method, path, body] of [
      ['POST', '/users', { ...elsewhere, role: 'admin' }],
      ['POST', '/users', { ...elsewhere, teams: [{ id: team?.id, role: 'owner' }] }],
      ['PATCH', `/users/${user.id}`, { role: 'admin' }],
      ['PATCH', `/users/${admin.id}`, { email: uniqueEmail() }],
      ['DELETE', `/users/${admin.id}`, undefined],
      ['POST', '/teams', { name: randomUUID() }],
    ] as const)
      expect([path, (await call(method, path, body)).status]).toEqual([path, 403]);
  });

  it('users:read looks users up with their addresses, and changes nothing', async () => {
    const [call, without] = [await withScopes('users:read'), await withScopes('tokens:validate')];
    const body = { ids: [admin.id] };
    expect((await call('POST', '/users/lookup', body)).body).toMatchObject({
      items: [{ email: admin.account.email }],
    });
    expect((await without('POST', '/users/lookup', body)).status).toBe(403);
    expectProblem(await call('PATCH', `/users/${admin.id}`, { name: 'x' }), 'insufficient-scope');
  });
});
