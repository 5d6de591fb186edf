import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { administrator, as, type ManagedUser } from '../../support/http/administrators';
import { send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { endReasonOf, isValid, login, refresh, signIn, type AuthBody } from '../../support/tokens/sessions';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const UNKNOWN = '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e';
const NEW_PASSWORD = 'another horse battery';

describe('the administration of users', () => {
  let database: TestDatabase;
  let replicas: [Service, Service];
  let admin: Account;

  beforeAll(async () => {
    database = await createTestDatabase();
    const start = () => startService({ databaseUrl: database.url });
    replicas = await Promise.all([start(), start()]);
    admin = await administrator(replicas[0], database);
  });

  afterAll(async () => {
    await Promise.all((replicas ?? []).map((replica) => replica.stop()));
    await database?.drop();
  });

  const act = <Body = ManagedUser>(method: string, path: string, body?: unknown, headers = {}) =>
    as<Body>(admin, replicas[0], [method, path], { headers, ...(body !== undefined && { body }) });
  const create = async (more: object = {}): Promise<ManagedUser> => {
    const answer = await act('POST', '/users', { email: uniqueEmail(), name: 'Bob Builder', ...more });
    expect({ status: answer.status, text: answer.text }).toMatchObject({ status: 201 });
    return answer.body;
  };
  const activate = (code: string, password = NEW_PASSWORD) =>
    send<AuthBody>(replicas[1], 'POST', '/auth/activate', { body: { code, password } });

  it('makes a user whose code sets the first password, once, and proves no address', async () => {
    const email = uniqueEmail();
    const answer = await act('POST', '/users', { email: email.toUpperCase(), name: 'Bob Builder' });
    expectDocumented('POST', '/users', answer);
    const { id, activation } = answer.body;
    expect(answer.headers.get('location')).toBe(`/users/${id}`);
    expect(answer.body).toMatchObject({
      email,
      role: 'user',
      is_active: true,
      has_password: false,
      last_sign_in_at: null,
    });
    expect(answer.body).toMatchObject({ teams: [{ name: 'General' }], domains: [{ key: 'engineering' }] });
    expect(activation?.code).toMatch(/^[A-Z2-7]{26}$/);
    const code = activation?.code ?? '';
    expectProblem(
      await send(replicas[0], 'POST', '/auth/activate', { body: { code, password: 'short' } }),
      'invalid-input',
    );
    const typed = `${code.slice(0, 13).toLowerCase()} - ${code.slice(13)}`;
    const entered = await activate(typed);
    expect(entered.status).toBe(200);
    expectDocumented('POST', '/auth/activate', entered);
    expect(entered.body.user).toMatchObject({ id, email_verified: false });
    expect(await isValid(replicas[0], entered.body.access_token)).toBe(true);
    expectProblem(
      await send(replicas[0], 'POST', '/auth/activate', { body: { code, password: NEW_PASSWORD } }),
      'code-invalid',
    );
    expect((await login(replicas[0], { email, password: NEW_PASSWORD })).status).toBe(200);
    const [stored] = await database.query('SELECT FROM verification_codes WHERE user_id = $1', [id]);
    expect(stored).toBeUndefined();
  });

  it('ends a code by the next one, by its age, by a deactivation, and lets one of parallel uses in', async () => {
    const { id, activation } = await create();
    const next = await act<{ code: string }>('POST', `/users/${id}/activation`);
    expectDocumented('POST', '/users/{id}/activation', next);
    expect((await activate(activation?.code ?? '')).status).toBe(404);
    await database.query(`UPDATE verification_codes SET expires_at = now() WHERE user_id = $1`, [id]);
    expect((await activate(next.body.code)).status).toBe(404);
    const third = await act<{ code: string }>('POST', `/users/${id}/activation`);
    await act('PATCH', `/users/${id}`, { is_active: false });
    await act('PATCH', `/users/${id}`, { is_active: true });
    expect((await activate(third.body.code)).status).toBe(404);
    const fourth = await act<{ code: string }>('POST', `/users/${id}/activation`);
    const uses = await Promise.all(Array.from({ length: 4 }, () => activate(fourth.body.code)));
    expect(uses.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
    expectProblem(await as(admin, replicas[0], ['POST', `/users/${id}/activation`]), 'password-already-set');
  });

  it('R56 lets a password that an administrator has chosen open nothing but its change', async () => {
    const password = 'chosen by an admin';
    const { email, id, activation, has_password: hasPassword } = await create({ password });
    expect([activation, hasPassword]).toEqual([undefined, true]);
    const enter = (body: object) =>
      send<AuthBody>(replicas[1], 'POST', '/auth/login', { body: { email, password, ...body } });
    expectProblem(
      await send(replicas[1], 'POST', '/auth/login', { body: { email, password } }),
      'password-change-required',
    );
    expect((await enter({ password: 'a wrong password' })).status).toBe(401);
    expect((await enter({ new_password: password })).status).toBe(400);
    expect((await enter({ new_password: 'short' })).status).toBe(400);
    const entered = await enter({ new_password: NEW_PASSWORD });
    expect(entered.status).toBe(200);
    expectDocumented('POST', '/auth/login', entered);
    expect((await enter({})).status).toBe(401);
    expect((await login(replicas[0], { email, password: NEW_PASSWORD })).status).toBe(200);
    expect((await enter({ password: NEW_PASSWORD, new_password: 'yet another battery' })).status).toBe(400);
    expect(await database.query('SELECT must_change_password FROM users WHERE id = $1', [id])).toEqual([
      { must_change_password: false },
    ]);
  });

  it('places a user in the teams and domains named, and refuses unknown ones by their field', async () => {
    const [team] = await database.query<{ id: string }>(`SELECT id FROM teams WHERE name = 'Design'`);
    const [domain] = await database.query<{ id: string }>(`SELECT id FROM domains WHERE key = 'sales'`);
    const user = await create({
      role: 'admin',
      teams: [{ id: team?.id.toUpperCase(), role: 'owner' }],
      domains: [domain?.id],
    });
    expect(user).toMatchObject({
      role: 'admin',
      teams: [{ name: 'Design', role: 'owner' }],
      domains: [{ key: 'sales' }],
    });
    await database.query(`UPDATE users SET role = 'user' WHERE id = $1`, [user.id]);
    expect(await create({ teams: [], domains: [] })).toMatchObject({ teams: [], domains: [] });
    const email = uniqueEmail();
    const refused = await act('POST', '/users', {
      email,
      name: 'Bob',
      teams: [{ id: team?.id }, { id: UNKNOWN }],
    });
    expect(refused.body).toMatchObject({ errors: [{ pointer: '#/teams/1/id' }] });
    const other = await act('POST', '/users', { email, name: 'Bob', domains: [UNKNOWN] });
    expect(other.body).toMatchObject({ errors: [{ pointer: '#/domains/0' }] });
    expect(await database.query('SELECT FROM users WHERE email = $1', [email])).toEqual([]);
  });

  it.each([
    [{ email: 'nobody' }, '#/email'],
    [{ name: '' }, '#/name'],
    [{ role: 'owner' }, '#/role'],
    [{ password: 'short' }, '#/password'],
    [{ teams: [{ id: 'x' }] }, '#/teams/0/id'],
    [{ teams: [{ id: UNKNOWN, role: 'king' }] }, '#/teams/0/role'],
    [{ teams: [{ id: UNKNOWN }, { id: UNKNOWN }] }, '#/teams'],
    [{ teams: 'General' }, '#/teams'],
    [{ teams: [null] }, '#/teams'],
    [{ domains: ['x'] }, '#/domains'],
    [{ domains: [UNKNOWN, UNKNOWN] }, '#/domains'],
  ])('refuses %j of a new user', async (fault, pointer) => {
    const answer = await act('POST', '/users', { email: uniqueEmail(), name: 'Bob', ...fault });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      errors: [{ pointer: expect.stringMatching(`^${pointer}`) as string }],
    });
  });

  it('refuses a taken address, in any letter case', async () => {
    const answer = await as(admin, replicas[0], ['POST', '/users'], {
      body: { email: admin.email.toUpperCase(), name: 'Bob' },
    });
    expectProblem(answer, 'email-already-registered');
  });

  it('changes a user; a changed address loses its proof (R72)', async () => {
    const user = await create();
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [user.id]);
    const email = uniqueEmail();
    const changed = await act('PATCH', `/users/${user.id}`, {
      email,
      name: 'Bob B',
      avatar_url: 'https://example.com/b',
      role: 'user',
    });
    expectDocumented('PATCH', '/users/{id}', changed);
    expect(changed.body).toMatchObject({
      email,
      name: 'Bob B',
      avatar_url: 'https://example.com/b',
      email_verified: false,
    });
    expect((await act('GET', `/users/${user.id}`)).body).toEqual(changed.body);
    expectProblem(
      await as(admin, replicas[0], ['PATCH', `/users/${user.id}`], { body: { email: admin.email } }),
      'email-already-registered',
    );
    expect((await act('PATCH', `/users/${user.id}`, {})).body).toEqual(changed.body);
    expect((await act('PATCH', `/users/${user.id}`, { avatar_url: null })).body).toMatchObject({
      avatar_url: null,
    });
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { body: {} } : {};
      expectProblem(await as(admin, replicas[0], [method, `/users/${UNKNOWN}`], body), 'not-found');
      expectProblem(await as(admin, replicas[0], [method, '/users/x'], body), 'invalid-input');
    }
  });

  it('R75 a deactivation is seen by the next validate on the other replica, and a reactivation revives nothing', async () => {
    const user = await register(replicas[1]);
    const pair = await signIn(replicas[1], user);
    expect(await isValid(replicas[1], pair.accessToken)).toBe(true);
    expect((await act('PATCH', `/users/${user.id}`, { is_active: false })).body.is_active).toBe(false);
    expect(await isValid(replicas[1], pair.accessToken)).toBe(false);
    expect((await login(replicas[1], user)).status).toBe(401);
    expect((await act('PATCH', `/users/${user.id}`, { is_active: true })).body.is_active).toBe(true);
    for (const token of [user.token, pair.accessToken]) expect(await isValid(replicas[1], token)).toBe(false);
    expect((await refresh(replicas[1], pair.refreshToken)).status).toBe(401);
    expect(await isValid(replicas[1], (await signIn(replicas[1], user)).accessToken)).toBe(true);
  });

  it('takes If-Match, and refuses a change of what has changed since', async () => {
    const { id } = await create();
    const tag = (await act('GET', `/users/${id}`)).headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    const changed = await act('PATCH', `/users/${id}`, { name: 'Second' }, { 'If-Match': tag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe((await act('GET', `/users/${id}`)).headers.get('etag'));
    for (const method of ['PATCH', 'DELETE']) {
      const options = {
        headers: { 'If-Match': tag },
        ...(method === 'PATCH' && { body: { name: 'Third' } }),
      };
      expectProblem(await as(admin, replicas[0], [method, `/users/${id}`], options), 'precondition-failed');
    }
    expect((await act('GET', `/users/${id}`)).body.name).toBe('Second');
    // No secret column: another hash of the same password is not seen.
    const before = (await act('GET', `/users/${admin.id}`)).headers.get('etag');
    await database.query(
      `UPDATE users SET password_hash = password_hash || '', credentials_version = NULL WHERE id = $1`,
      [admin.id],
    );
    expect((await act('GET', `/users/${admin.id}`)).headers.get('etag')).toBe(before);
    expect((await act('DELETE', `/users/${id}`, undefined, { 'If-Match': '*' })).status).toBe(204);
  });

  it('does a request with an Idempotency-Key once, and stores no secret of its answer', async () => {
    const body = { email: uniqueEmail(), name: 'Once', password: null };
    const key = { 'Idempotency-Key': `key-${body.email}` };
    const [first, repeated] = [
      await act('POST', '/users', body, key),
      await act('POST', '/users', body, key),
    ];
    expect([first.status, repeated.status]).toEqual([201, 201]);
    expect(repeated.body).toEqual({ ...first.body, activation: { ...first.body.activation, code: null } });
    expectDocumented('POST', '/users', repeated);
    expect(repeated.headers.get('location')).toBe(`/users/${first.body.id}`);
    const kept = await database.query<{ all: string }>(
      'SELECT row_to_json(k)::text AS all FROM idempotency_keys k',
    );
    expect(kept.map(({ all }) => all).join()).not.toContain(first.body.activation?.code ?? '-');
    const other = await as(admin, replicas[0], ['POST', '/users'], {
      headers: key,
      body: { ...body, name: 'Twice' },
    });
    expectProblem(other, 'idempotency-key-reused');
    const stranger = await administrator(replicas[0], database);
    const theirs = await as(stranger, replicas[0], ['POST', '/users'], { headers: key, body });
    expectProblem(theirs, 'email-already-registered');
    expect((await act('POST', '/users', body, { 'Idempotency-Key': 'é' })).status).toBe(400);
    const parallel = { email: uniqueEmail(), name: 'Parallel' };
    const all = await Promise.all(
      Array.from({ length: 8 }, () => act('POST', '/users', parallel, { 'Idempotency-Key': parallel.email })),
    );
    expect(all.filter(({ status }) => ![201, 409].includes(status))).toEqual([]);
    const made = all.filter(({ body: made }) => typeof made.activation?.code === 'string');
    expect(made).toHaveLength(1);
  });

  it('R21 lists and ends the sessions of a user', async () => {
    const user = await register(replicas[0]);
    const [phone, desk] = [await signIn(replicas[0], user), await signIn(replicas[1], user)];
    const sessions = await act<{ id: string; current: boolean }[]>('GET', `/users/${user.id}/sessions`);
    expectDocumented('GET', '/users/{id}/sessions', sessions);
    expect(sessions.body.map(({ id }) => id)).toEqual([desk.sid, phone.sid, user.sid]);
    expect((await act('DELETE', `/users/${user.id}/sessions/${phone.sid}`)).status).toBe(204);
    expect(await isValid(replicas[1], phone.accessToken)).toBe(false);
    expect(await isValid(replicas[1], desk.accessToken)).toBe(true);
    expect(await endReasonOf(database, phone.sid)).toBe('ended-by-admin');
    expectProblem(
      await as(admin, replicas[0], ['DELETE', `/users/${user.id}/sessions/${phone.sid}`]),
      'not-found',
    );
    expectProblem(
      await as(admin, replicas[0], ['DELETE', `/users/${UNKNOWN}/sessions/${desk.sid}`]),
      'not-found',
    );
    expect((await act('DELETE', `/users/${user.id}/sessions`)).status).toBe(204);
    expect(await isValid(replicas[1], desk.accessToken)).toBe(false);
    expect(await isValid(replicas[1], (await signIn(replicas[1], user)).accessToken)).toBe(true);
    for (const method of ['GET', 'DELETE'])
      expectProblem(await as(admin, replicas[0], [method, `/users/${UNKNOWN}/sessions`]), 'not-found');
  });

  it('deletes a user, and keeps a tombstone of identities until an administrator removes it', async () => {
    const user = await register(replicas[0]);
    await database.query(
      `INSERT INTO user_identities (issuer, subject, user_id, claims_issued_at) VALUES ('https://idp.example', $1::text, $1::uuid, now())`,
      [user.id],
    );
    expect((await act('DELETE', `/users/${user.id}`)).status).toBe(204);
    expect(await isValid(replicas[1], user.token)).toBe(false);
    expect(await database.query('SELECT FROM deleted_identities WHERE user_id = $1', [user.id])).toHaveLength(
      1,
    );
    expect((await act('DELETE', `/users/${user.id}/tombstone`)).status).toBe(204);
    expectProblem(await as(admin, replicas[0], ['DELETE', `/users/${user.id}/tombstone`]), 'not-found');
    await register(replicas[0], { email: user.email });
  });

  it('looks users up in the order asked, with addresses for administrators alone', async () => {
    const [ada, bob] = [await register(replicas[0]), await register(replicas[0], { name: 'Bob' })];
    const body = { ids: [bob.id.toUpperCase(), UNKNOWN, ada.id] };
    const seen = await as<{ items: object[] }>(ada, replicas[0], ['POST', '/users/lookup'], { body });
    expectDocumented('POST', '/users/lookup', seen);
    expect(seen.body.items).toEqual([
      { id: bob.id, name: 'Bob', avatar_url: null },
      { id: ada.id, name: ada.name, avatar_url: null },
    ]);
    const full = await act<{ items: object[] }>('POST', '/users/lookup', body);
    expect(full.body.items).toMatchObject([{ email: bob.email }, { email: ada.email }]);
    for (const ids of [[], Array.from({ length: 101 }, () => UNKNOWN), ['x'], 'x', [null]])
      expect((await act('POST', '/users/lookup', { ids })).status).toBe(400);
  });

  it('exports what is stored of oneself, without secrets', async () => {
    const user = await register(replicas[0]);
    const answer = await as<{ user: object; sessions: object[] }>(user, replicas[0], [
      'GET',
      '/users/me/export',
    ]);
    expectDocumented('GET', '/users/me/export', answer);
    expect(answer.body).toMatchObject({
      user: { id: user.id, email: user.email },
      sessions: [{ id: user.sid, ended_at: null }],
      memberships: [{ role: null }],
      assignments: [{}],
      identities: [],
      codes: [],
      mails: [],
    });
    expect(answer.text).not.toMatch(/\$2b\$|hash|token/);
  });

  it('R84 deletes oneself by the password or a recent sign-in', async () => {
    const user = await register(replicas[0]);
    await database.query(
      `UPDATE sessions SET created_at = created_at - interval '11 minutes' WHERE id = $1`,
      [user.sid],
    );
    const leave = (body?: object) => as(user, replicas[0], ['DELETE', '/users/me'], body ? { body } : {});
    expectProblem(await leave(), 'reauthentication-required');
    expectProblem(await leave({ password: 'a wrong password' }), 'invalid-input');
    expect((await leave({ password: user.password })).status).toBe(204);
    expect(await isValid(replicas[1], user.token)).toBe(false);
    expect((await login(replicas[1], user)).status).toBe(401);
  });

  it('R62 tells neither codes nor passwords to the log, and audits each act', () => {
    const output = replicas.map((replica) => replica.output()).join('');
    expect(output).not.toMatch(/"[A-Z2-7]{26}"|another horse battery|chosen by an admin/);
    const events = new Set(replicas.flatMap((replica) => replica.logs()).map(({ msg }) => msg));
    const acts = ['created', 'updated', 'deleted', 'exported', 'activation.issued', 'tombstone.removed'];
    for (const done of acts) expect([...events]).toContain(`user.${done}`);
    expect([...events]).toContain('auth.activated');
  });
});
