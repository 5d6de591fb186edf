import { randomUUID } from 'node:crypto';
import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { aKey, aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { useService } from '../../support/process/use-service';
import { me, validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { isValid, refresh, refreshed, signIn } from '../../support/tokens/sessions';
import { decode, forge, goodClaims, GOOD_HEADER, signHs256 } from '../../support/tokens/tokens';

type Body = Record<string, unknown>;

describe('the routes of OAuth', () => {
  const provider = ProviderStub.use();
  const service = useService({ provider });
  const { database } = service;
  let admin: ApiUser;
  let validator: ServiceClient;
  let account: Account;

  beforeAll(async () => {
    admin = await anAdmin(service, database);
    validator = await aService(admin, ['tokens:validate', 'users:read']);
    account = await register(service);
  });

  const token = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
    postForm(service, '/oauth/token', form, headers);
  const grant = { grant_type: 'client_credentials' };
  const issue = async (client = validator, form: Record<string, string> = {}) => {
    const { body, status, text } = await token({ ...grant, ...form }, basic(client.id, client.key));
    if (status !== 200) throw new Error(`${status} ${text}`);
    return body.access_token as string;
  };
  const introspect = async (text: string, headers = bearer(validator.key)): Promise<Body> => {
    const answer = await postForm(service, '/oauth/introspect', { token: text }, headers);
    expectDocumented('POST', '/oauth/introspect', answer);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    return answer.body;
  };
  const revoke = (text: string, headers: Record<string, string> = {}) =>
    postForm(service, '/oauth/revoke', { token: text }, headers);
  const INACTIVE = { active: false };

  describe('POST /oauth/token', () => {
    it('issues a token of the service, a kind of its own (RFC 6749 sections 4.4 and 5.1)', async () => {
      const answer = await token(grant, basic(validator.id, validator.key));
      expectDocumented('POST', '/oauth/token', answer);
      expect(answer.body).toEqual({
        access_token: expect.any(String),
        token_type: 'Bearer',
        expires_in: 1800,
        scope: 'tokens:validate users:read',
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('pragma')).toBe('no-cache');
      const { header, claims } = decode(answer.body.access_token as string);
      expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt' });
      expect(claims).toMatchObject({
        ...{ iss: 'promptstack-auth', sub: validator.id, client_id: validator.id },
        ...{ scope: 'tokens:validate users:read', token_use: 'service' },
      });
      expect(claims).not.toHaveProperty('uid');
      expect(claims).not.toHaveProperty('sid');
      expect(decode(account.token).claims.token_use).toBe('access');
    });

    it('takes the client by Basic (raw and form-encoded), in the form, and by a bearer key; empty parameters are none', async () => {
      const { id, key } = validator;
      const encoded = (text: string) =>
        text.replaceAll(/[-_]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
      const post = { ...grant, client_id: id, client_secret: key };
      const empty = { ...grant, client_id: '', client_secret: '', scope: '' };
      for (const [form, headers] of [
        [grant, basic(id, key)],
        [grant, basic(encoded(id), encoded(key))],
        [post, {}],
        [grant, bearer(key)],
        [empty, basic(id, key)],
        [empty, bearer(key)],
        [{ ...grant, client_id: id }, basic(id, key)],
      ] as const) {
        expect((await token({ ...form }, headers)).status).toBe(200);
      }
    });

    it.each([
      ['no client', grant, {}, 401, 'invalid_client'],
      ['a client_id alone', { ...grant, client_id: 'V' }, {}, 401, 'invalid_client'],
      ['a secret alone', { ...grant, client_secret: 'K' }, {}, 401, 'invalid_client'],
      ['a wrong secret', { ...grant, client_id: 'V', client_secret: 'psk_wrong' }, {}, 401, 'invalid_client'],
      ['another client_id', { ...grant, client_id: 'other', client_secret: 'K' }, {}, 401, 'invalid_client'],
      ['malformed Basic', grant, { Authorization: 'Basic !' }, 401, 'invalid_client'],
      ['another scheme', grant, { Authorization: 'Digest x' }, 401, 'invalid_client'],
      [
        'Basic and a secret',
        { ...grant, client_id: 'V', client_secret: 'K' },
        'basic',
        400,
        'invalid_request',
      ],
      ['Basic and another client_id', { ...grant, client_id: 'x' }, 'basic', 400, 'invalid_request'],
      ['no grant_type', { scope: 'users:read' }, 'basic', 400, 'invalid_request'],
      ['an empty grant_type', { grant_type: '' }, 'basic', 400, 'invalid_request'],
      ['another grant', { grant_type: 'password' }, 'basic', 400, 'unsupported_grant_type'],
      ['a scope that it lacks', { ...grant, scope: 'users:read users:write' }, 'basic', 400, 'invalid_scope'],
      ['a scope that there is not', { ...grant, scope: 'everything' }, 'basic', 400, 'invalid_scope'],
      [
        'a parameter twice',
        `${new URLSearchParams(grant).toString()}&grant_type=x`,
        'basic',
        400,
        'invalid_request',
      ],
      ['a broken escape', 'grant_type=%zz', 'basic', 400, 'invalid_request'],
    ])('answers %s as RFC 6749 section 5.2 says', async (...[, form, headers, status, error]) => {
      const { id, key } = validator;
      const filled =
        typeof form === 'string'
          ? form
          : Object.fromEntries(
              Object.entries(form).map(([name, value]) => [name, { V: id, K: key }[value] ?? value]),
            );
      const answer = await token(
        filled,
        headers === 'basic' ? basic(id, key) : (headers as Record<string, string>),
      );
      expectDocumented('POST', '/oauth/token', answer);
      expect([answer.status, answer.body.error]).toEqual([status, error]);
      expect(answer.body.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/);
    });

    it('answers a bearer credential in its own scheme; a token buys no token, and a user is no client', async () => {
      for (const text of ['psk_wrong', await issue(), account.token]) {
        const answer = await token(grant, bearer(text));
        expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm=.*error="invalid_token"/);
      }
    });

    it('refuses no body with 400, other media types with 415, long forms with 413, and other methods with 405', async () => {
      const none = await send(service, 'POST', '/oauth/token', {
        headers: basic(validator.id, validator.key),
      });
      expect([none.status, none.body.error]).toEqual([400, 'invalid_request']);
      const json = await send(service, 'POST', '/oauth/token', { body: grant });
      expect([json.status, json.body.error]).toEqual([415, 'invalid_request']);
      const long = await token({ ...grant, x: 'x'.repeat(70_000) });
      expect([long.status, long.body.error]).toEqual([413, 'invalid_request']);
      const get = await send(service, 'GET', '/oauth/token');
      expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    });

    it('narrows the scopes to those asked for; users:write includes users:read', async () => {
      const writer = await aService(admin, ['users:write', 'teams:write']);
      const narrow = await issue(writer, { scope: 'users:read' });
      expect(decode(narrow).claims.scope).toBe('users:read');
      expect((await send(service, 'GET', '/users', { headers: bearer(narrow) })).status).toBe(200);
      const refused = await send(service, 'POST', '/teams', { headers: bearer(narrow), body: { name: 'x' } });
      expectProblem(refused, 'insufficient-scope');
    });

    it('expires with its key at the latest, and ends with its key, its scope and its account', async () => {
      const soon = new Date(Date.now() + 120_000).toISOString();
      const short = await aService(admin, [], { expires_at: soon });
      const { body } = await token(grant, basic(short.id, short.key));
      expect(body.expires_in).toBeGreaterThan(60);
      expect(body.expires_in).toBeLessThanOrEqual(120);
      expect(body).not.toHaveProperty('scope');
      const client = await aService(admin, ['users:read']);
      const [first, second] = [
        await issue(client),
        await issue({ ...client, ...(await aKey(admin, client.id)) }),
      ];
      const use = async (text: string) =>
        (await send(service, 'GET', '/users', { headers: bearer(text) })).status;
      expect([await use(first), await use(second)]).toEqual([200, 200]);
      await admin.must(204, 'DELETE', `/service-accounts/${client.id}/keys/${client.keyId}`);
      expect([await use(first), await use(second)]).toEqual([401, 200]);
      await admin.must(200, 'PATCH', `/service-accounts/${client.id}`, { scopes: [] });
      expect(await use(second)).toBe(403);
      await admin.must(204, 'DELETE', `/service-accounts/${client.id}`);
      expect(await use(second)).toBe(401);
    });

    it('R10 the kinds of tokens do not cross', async () => {
      const mine = await issue();
      expect(await isValid(service, mine)).toBe(false);
      expectProblem(await send(service, 'GET', '/auth/me', { headers: bearer(mine) }), 'forbidden');
      const claims = decode(mine).claims;
      const user = goodClaims(account);
      for (const forged of [
        forge(account, { claims: { token_use: 'service' } }),
        forge(account, { claims: { token_use: 'refresh' } }),
        forge(account, { claims: { token_use: null } }),
        signHs256(GOOD_HEADER, { ...claims, uid: user.uid }),
        signHs256(GOOD_HEADER, { ...claims, sid: user.sid }),
        signHs256(GOOD_HEADER, { ...claims, token_use: 'access' }),
        signHs256(GOOD_HEADER, { ...claims, token_use: undefined }),
        signHs256(GOOD_HEADER, { ...claims, sub: randomUUID() }),
        signHs256(GOOD_HEADER, { ...claims, client_id: undefined }),
        signHs256(GOOD_HEADER, { ...claims, key_id: randomUUID() }),
        signHs256(GOOD_HEADER, { ...claims, jti: 'x' }),
        signHs256(GOOD_HEADER, { ...claims, exp: 1 }),
        signHs256(GOOD_HEADER, { ...claims, iss: 'other' }),
      ]) {
        const answer = await send(service, 'GET', '/users', { headers: bearer(forged) });
        expectProblem(answer, 'invalid-token');
        expect(await isValid(service, forged)).toBe(false);
        expect(await introspect(forged)).toEqual(INACTIVE);
      }
      // Tokens of version 1.0.0 have no token_use.
      expect(await isValid(service, forge(account))).toBe(true);
      // Scopes are those of the account, whatever a token names.
      const greedy = signHs256(GOOD_HEADER, { ...claims, scope: 'users:read users:write everything' });
      expect((await introspect(greedy)).scope).toBe('users:read');
    });
  });

  describe('POST /oauth/introspect', () => {
    it('tells of an access token (RFC 7662 section 2.2)', async () => {
      const { claims } = decode(account.token);
      const answer = await introspect(account.token);
      expect(answer).toEqual({
        ...{ active: true, token_type: 'Bearer', username: account.email, client_id: 'promptstack' },
        ...{ iss: claims.iss, sub: claims.sub, uid: account.id, sid: account.sid },
        ...{ iat: claims.iat, exp: claims.exp, jti: claims.jti },
      });
    });

    it('tells of a refresh token without consuming it; a consumed one is inactive and ends nothing', async () => {
      const session = await signIn(service, account);
      const [row] = await database.query<{ exp: number }>(
        'SELECT floor(extract(epoch FROM idle_expires_at))::int AS exp FROM sessions WHERE id = $1',
        [session.sid],
      );
      for (let n = 0; n < 3; n++) {
        expect(await introspect(session.refreshToken)).toMatchObject({
          ...{ active: true, sub: account.email, username: account.email, uid: account.id },
          ...{ sid: session.sid, exp: row?.exp },
        });
      }
      expect(await introspect(session.refreshToken)).not.toHaveProperty('token_type');
      const next = await refreshed(service, session.refreshToken);
      expect(await introspect(session.refreshToken)).toEqual(INACTIVE);
      expect((await introspect(next.refreshToken)).active).toBe(true);
      expect((await refresh(service, next.refreshToken)).status).toBe(200);
    });

    it('tells of keys and of service tokens, whose sub and client_id is the account', async () => {
      const { id, key } = validator;
      const subject = { active: true, sub: id, client_id: id, scope: 'tokens:validate users:read' };
      const ofKey = await introspect(key);
      expect(ofKey).toMatchObject({ ...subject, exp: expect.any(Number), iat: expect.any(Number) });
      expect(ofKey.exp).toBeGreaterThan(Date.now() / 1000);
      expect(ofKey).not.toHaveProperty('username');
      const expires = await aService(admin, [], { expires_at: '2100-01-01T00:00:00Z' });
      const other = await introspect(expires.key);
      expect(other.exp).toBe(Date.UTC(2100, 0, 1) / 1000);
      expect(other).not.toHaveProperty('scope');
      expect(await introspect(await issue())).toMatchObject({ ...subject, token_type: 'Bearer' });
    });

    it('tells of a provider token: its own sub and iss, our uid', async () => {
      const visitor = person();
      const text = provider.mint(visitor);
      const { claims } = decode(text);
      const user = (await me(service, text)).body;
      expect(await introspect(text)).toMatchObject({
        ...{ active: true, iss: provider.issuer, sub: claims.sub, uid: user.id, username: visitor.email },
        ...{ exp: claims.exp, iat: claims.iat, token_type: 'Bearer' },
      });
    });

    it('is inactive for what is no token, without a reason; a hint does not matter', async () => {
      for (const text of [
        'x',
        'a.b.c',
        'psk_x',
        `psr_${'A'.repeat(43)}`,
        'x'.repeat(20_000),
        forge(account, { claims: { exp: 1 } }),
      ])
        expect(await introspect(text)).toEqual(INACTIVE);
      for (const hint of ['refresh_token', 'nonsense', '']) {
        const form = { token: account.token, token_type_hint: hint };
        const answer = await postForm(service, '/oauth/introspect', form, bearer(validator.key));
        expect(answer.body.active).toBe(true);
      }
    });

    it('is inactive for ended sessions, deactivated users and revoked keys', async () => {
      const other = await register(service);
      const gone = await aService(admin, []);
      await admin.must(204, 'DELETE', `/service-accounts/${gone.id}`);
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [other.id]);
      for (const text of [other.token, other.refreshToken, gone.key])
        expect(await introspect(text)).toEqual(INACTIVE);
    });

    it('takes key, service token, Basic and form as credentials', async () => {
      const { id, key } = validator;
      for (const headers of [bearer(key), bearer(await issue()), basic(id, key)])
        expect((await introspect(account.token, headers)).active).toBe(true);
      const form = { token: account.token, client_id: id, client_secret: key };
      expect((await postForm(service, '/oauth/introspect', form)).body.active).toBe(true);
      const empty = { token: account.token, client_id: '', client_secret: '' };
      expect((await postForm(service, '/oauth/introspect', empty, basic(id, key))).body.active).toBe(true);
    });

    it('a caller without the scope learns nothing: users, administrators and other services', async () => {
      const other = await aService(admin, ['users:write']);
      for (const text of [account.token, admin.account.token, other.key, await issue(other)]) {
        const forms: Record<string, string>[] = [{ token: account.token }, { token: 'unknown' }, { x: 'y' }];
        for (const form of forms) {
          const answer = await postForm(service, '/oauth/introspect', form, bearer(text));
          expectDocumented('POST', '/oauth/introspect', answer);
          expect([answer.status, answer.body.error]).toEqual([403, 'insufficient_scope']);
          expect(answer.headers.get('www-authenticate')).toMatch(
            /error="insufficient_scope", scope="tokens:validate"/,
          );
        }
      }
      const anonymous = await postForm(service, '/oauth/introspect', { token: account.token });
      expect([anonymous.status, anonymous.body.error]).toEqual([401, 'invalid_client']);
      const missing = await postForm(service, '/oauth/introspect', { x: 'y' }, bearer(validator.key));
      expect([missing.status, missing.body.error]).toEqual([400, 'invalid_request']);
    });
  });

  describe('POST /oauth/revoke (R25)', () => {
    it('an access or a refresh token ends its session, by whoever holds it', async () => {
      for (const kind of ['accessToken', 'refreshToken'] as const) {
        const [session, other] = [await signIn(service, account), await signIn(service, account)];
        const answer = await revoke(session[kind]);
        expect([answer.status, answer.text]).toEqual([200, '']);
        expect(await isValid(service, session.accessToken)).toBe(false);
        expect((await refresh(service, session.refreshToken)).status).toBe(401);
        expect(await isValid(service, other.accessToken)).toBe(true);
        expect((await revoke(session[kind])).status).toBe(200);
      }
    });

    it('a key, a service token and a provider token end themselves', async () => {
      const client = await aService(admin, ['users:read']);
      const use = async (text: string) =>
        (await send(service, 'GET', '/users', { headers: bearer(text) })).status;
      const [first, second] = [await issue(client), await issue(client)];
      expect((await revoke(first)).status).toBe(200);
      expect([await use(first), await use(second), await use(client.key)]).toEqual([401, 200, 200]);
      expect(await introspect(first)).toEqual(INACTIVE);
      expect((await revoke(client.key)).status).toBe(200);
      expect([await use(second), await use(client.key)]).toEqual([401, 401]);
      const visitor = person();
      const [ended, going] = [provider.mint(visitor), provider.mint({ ...visitor, nonce: 'other' })];
      expect((await validate(service, ended)).body.valid).toBe(true);
      expect((await revoke(ended)).status).toBe(200);
      expect((await validate(service, ended)).body.valid).toBe(false);
      expect((await validate(service, going)).body.valid).toBe(true);
    });

    it('is 200 for unknown, forged, expired and malformed tokens, and ends nothing then', async () => {
      const forged = forge(account).slice(0, -3);
      for (const text of [
        'x',
        'a.b.c',
        'psk_x',
        `psr_${'A'.repeat(43)}`,
        forged,
        `${validator.key.slice(0, -1)}_`,
      ])
        expect((await revoke(text)).status).toBe(200);
      expect(await isValid(service, account.token)).toBe(true);
      expect((await introspect(validator.key)).active).toBe(true);
    });

    it('client credentials are allowed, and have to be good when they are there; a client_id alone is none', async () => {
      const client = await aService(admin, []);
      expect((await revoke('x', basic(client.id, client.key))).status).toBe(200);
      expect((await revoke('x', bearer(account.token))).status).toBe(200);
      const session = await signIn(service, account);
      for (const headers of [basic(client.id, 'psk_wrong'), bearer('psk_wrong')]) {
        const answer = await revoke(session.accessToken, headers);
        expectDocumented('POST', '/oauth/revoke', answer);
        expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
      }
      expect(await isValid(service, session.accessToken)).toBe(true);
      const form = { token: session.accessToken, client_id: 'promptstack' };
      expect((await postForm(service, '/oauth/revoke', form)).status).toBe(200);
      expect(await isValid(service, session.accessToken)).toBe(false);
      const missing = await postForm(service, '/oauth/revoke', { x: 'y' });
      expect([missing.status, missing.body.error]).toEqual([400, 'invalid_request']);
    });
  });

  it('both metadata documents name the endpoints under the public address, and no authorization endpoint', async () => {
    const methods = ['client_secret_basic', 'client_secret_post'];
    for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
      const { body } = await send(service, 'GET', path);
      const url = String(body.jwks_uri).replace('/.well-known/jwks.json', '');
      expect(body).toMatchObject({
        token_endpoint: `${url}/oauth/token`,
        token_endpoint_auth_methods_supported: methods,
        introspection_endpoint: `${url}/oauth/introspect`,
        introspection_endpoint_auth_methods_supported: methods,
        revocation_endpoint: `${url}/oauth/revoke`,
        revocation_endpoint_auth_methods_supported: methods,
        grant_types_supported: ['client_credentials'],
        scopes_supported: [
          ...['tokens:validate', 'users:read', 'users:write', 'teams:write', 'domains:write', 'audit:read'],
        ],
      });
      expect(body).not.toHaveProperty('authorization_endpoint');
    }
  });
});
