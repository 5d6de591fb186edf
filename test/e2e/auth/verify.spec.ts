import { randomUUID } from 'node:crypto';
import { register, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { sendLines, sendRaw } from '../../support/http/raw-http';
import { logOf } from '../../support/process/service';
import { useService } from '../../support/process/use-service';
import { forge } from '../../support/tokens/tokens';

const NAMES = [
  'x-auth-user-id',
  'x-auth-email',
  'x-auth-name',
  'x-auth-role',
  'x-auth-teams',
  'x-auth-domains',
];

describe('/auth/verify, for gateways', () => {
  const service = useService();
  const { database } = service;
  let account: Account;
  let team: string;

  beforeAll(async () => {
    account = await register(service);
    const [row] = await database.query<{ id: string }>(`SELECT id FROM teams WHERE name = 'General'`);
    team = row?.id ?? '';
  });

  const verify = (query = '', headers: Record<string, string> = bearer(account.token), method = 'GET') =>
    send(service, method, `/auth/verify${query}`, { headers });
  const told = ({ headers }: Answer) => Object.fromEntries(NAMES.map((name) => [name, headers.get(name)]));

  it.each(['', '?', '?role=user'])(
    'answers 204 and whose token it is, in memory and not (%s)',
    async (query) => {
      const answer = await verify(query);
      expect(answer.status).toBe(204);
      expect(told(answer)).toEqual({
        'x-auth-user-id': account.id,
        'x-auth-email': account.email,
        'x-auth-name': account.name,
        'x-auth-role': 'user',
        'x-auth-teams': team,
        'x-auth-domains': 'engineering',
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await logOf(service, answer.headers)).toContainEqual(
        expect.objectContaining({ route: '/auth/verify', status: 204, method: 'GET' }),
      );
    },
  );

  it.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'takes %s for GET',
    async (method) => {
      const path = '/auth/verify';
      const lines = [`${method} ${path} HTTP/1.1`, 'Host: a'];
      const good = await sendLines(service, [...lines, `Authorization: Bearer ${account.token}`]);
      expect([good.status, good.headers.get('x-auth-user-id')]).toEqual([204, account.id]);
      // An answer to HEAD announces a body that does not come, which the helper would wait for.
      const { answers } = await sendRaw(service, `${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
      if (method !== 'HEAD') expect(answers[0]?.status).toBe(401);
    },
  );

  it('answers a preflight that a gateway forwards, as any other', async () => {
    const page = { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'POST' };
    expect((await verify('', { ...page, ...bearer(account.token) }, 'OPTIONS')).status).toBe(204);
    expectProblem(await verify('', page, 'OPTIONS'), 'authentication-required');
  });

  it.each([
    ['Content-Length: 5000'],
    ['Transfer-Encoding: chunked'],
    ['Content-Length: 10', 'Content-Type: text/plain', 'Content-Encoding: gzip'],
    ['Content-Length: 99999999999'],
  ])('does not wait for a body that is announced and never comes: %s', async (...framing) => {
    const lines = [
      'GET /auth/verify HTTP/1.1',
      'Host: a',
      `Authorization: Bearer ${account.token}`,
      ...framing,
    ];
    const { answers, closed } = await sendRaw(service, `${lines.join('\r\n')}\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([204]);
    expect(closed).toBe(true); // what would come is no request
  });

  it('answers HTTP/1.0, as nginx asks', async () => {
    const lines = [
      'GET /auth/verify HTTP/1.0',
      'Host: a',
      'Connection: close',
      `Authorization: Bearer ${account.token}`,
    ];
    const { answers } = await sendRaw(service, `${[...lines, 'Content-Length: 12'].join('\r\n')}\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([204]);
  });

  it('does not look at conditional headers', async () => {
    const conditions = {
      'If-None-Match': '*',
      'If-Modified-Since': new Date().toUTCString(),
      'If-Match': '"x"',
    };
    expect((await verify('', { ...conditions, ...bearer(account.token) })).status).toBe(204);
    expect((await verify('?', { ...conditions, ...bearer(account.token) })).status).toBe(204);
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['no token', () => ({}), 'Bearer realm="promptstack-auth"'],
    [
      'an expired token',
      () => bearer(forge(account, { claims: { exp: 1_000_000_000 } })),
      'Bearer realm="promptstack-auth", error="invalid_token"',
    ],
    ['no token at all', () => bearer('nonsense'), 'Bearer realm="promptstack-auth", error="invalid_token"'],
  ])(
    'R47: refuses %s with the challenge, before it looks at requirements, and tells nothing',
    async (_case, headers, challenge) => {
      for (const query of ['', '?role=admin']) {
        const answer = await verify(query, headers());
        expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
        expect([...answer.headers.keys()].filter((name) => name.startsWith('x-auth'))).toEqual([]);
      }
    },
  );

  it('has the user have what is asked for', async () => {
    expect((await verify(`?team=${team}&domain=engineering&role=user`)).status).toBe(204);
    for (const query of [
      `?team=${randomUUID()}`,
      '?domain=sales',
      '?domain=Engineering',
      '?role=admin',
      `?team=${team}&role=admin`,
    ]) {
      const answer = await verify(query);
      expectProblem(answer, 'forbidden');
      expect([...answer.headers.keys()].filter((name) => name.startsWith('x-auth'))).toEqual([]);
    }
  });

  it.each(['?team=', '?team=a&team=b', '?other=1', '?Team=x', '?team[]=x', '?role=user&x'])(
    'refuses the query %s',
    async (query) => {
      expectProblem(await verify(query), 'invalid-input');
    },
  );

  it.each([
    ['Ada Lovelace', 'Ada Lovelace'],
    ['Zoë', "UTF-8''Zo%C3%AB"],
    ["utf-8''Ada", "UTF-8''utf-8%27%27Ada"],
    [' Ada', "UTF-8''%20Ada"],
    ['Ada ', "UTF-8''Ada%20"],
    ["O'Neill (Ada) 100%", "O'Neill (Ada) 100%"],
    ['Ada\u00e9 (*)', "UTF-8''Ada%C3%A9%20%28%2A%29"],
    ['艾达', "UTF-8''%E8%89%BE%E8%BE%BE"],
  ])('R94: writes the name %p as %p', async (name, value) => {
    const person = await register(service);
    await database.query('UPDATE users SET name = $2 WHERE id = $1', [person.id, name]);
    expect((await verify('', bearer(person.token))).headers.get('x-auth-name')).toBe(value);
  });

  it('has room for 200 teams', async () => {
    const person = await register(service);
    await database.query(
      `WITH made AS (INSERT INTO teams (name) SELECT gen_random_uuid() FROM generate_series(1, 200) RETURNING id)
       INSERT INTO team_memberships (user_id, team_id) SELECT $1, id FROM made`,
      [person.id],
    );
    const { status, headers } = await verify('', bearer(person.token));
    expect([status, headers.get('x-auth-teams')?.split(',').length]).toEqual([204, 201]);
  });

  it('leaves inactive teams out', async () => {
    const person = await register(service);
    const [made] = await database.query<{ id: string }>(
      `WITH made AS (INSERT INTO teams (name, is_active) VALUES (gen_random_uuid(), false) RETURNING id)
       INSERT INTO team_memberships (user_id, team_id) SELECT $1, id FROM made RETURNING team_id AS id`,
      [person.id],
    );
    expect((await verify('', bearer(person.token))).headers.get('x-auth-teams')).toBe(team);
    expect((await verify(`?team=${made?.id}`, bearer(person.token))).status).toBe(403);
  });
});
