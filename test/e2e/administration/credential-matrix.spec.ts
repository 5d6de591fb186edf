import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import {
  CREDENTIALS,
  expectedOf,
  KINDS,
  OWN,
  SERVICES,
  type Credential,
} from '../../support/http/credential-matrix';
import { bearer, send } from '../../support/http/http';
import { MATRIX, type World } from '../../support/http/permission-matrix';
import { aKey, aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { addressOf, newWorld, routeOf } from '../../support/http/worlds';
import { useDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';
import { ProviderStub } from '../../support/providers/provider-stub';
import { refreshed, signIn } from '../../support/tokens/sessions';
import { decode, forge, GOOD_HEADER, signHs256 } from '../../support/tokens/tokens';
import { SCOPES } from '../../../src/security/permissions';

type Headers = Record<string, string>;
const FORM = { grant_type: 'client_credentials', token: 'unknown' };
const TWO_HOURS = 7200;

describe('the matrix of credentials (R10, R25, R55, R56)', () => {
  const provider = ProviderStub.use();
  const database = useDatabase();
  const env = { AUTH_ALLOW_DEV_HEADERS: 'true' };
  const service = useService({ database, provider, env });
  const closed = useService({
    database,
    provider,
    env: { ...env, AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true' },
  });
  let operator: ApiUser;
  let full: ServiceClient;
  let narrow: ServiceClient;
  let ofServices: Partial<Record<Credential, string>>;
  const lasting = new Map<string, Promise<World>>();
  const made = new Map<string, Promise<Headers>>();

  beforeAll(async () => {
    operator = await anAdmin(service, database);
    full = await aService(operator, SCOPES);
    narrow = await aService(operator, []);
    const issue = async ({ id, key }: ServiceClient) => {
      const form = { grant_type: 'client_credentials' };
      return (await postForm(service, '/oauth/token', form, basic(id, key))).body.access_token as string;
    };
    const [serviceToken, revokedServiceToken] = [await issue(full), await issue(full)];
    await postForm(service, '/oauth/revoke', { token: revokedServiceToken });
    const { claims } = decode(serviceToken);
    const [expired, revoked] = [await aKey(operator, full.id), await aKey(operator, full.id)];
    await database.query('UPDATE service_keys SET expires_at = now() WHERE id = $1', [expired.keyId]);
    await operator.must(204, 'DELETE', `/service-accounts/${full.id}/keys/${revoked.keyId}`);
    ofServices = {
      ...{ key: full.key, serviceToken, keyWithoutScope: narrow.key },
      ...{ serviceTokenWithoutScope: await issue(narrow), expiredKey: expired.key, revokedKey: revoked.key },
      revokedServiceToken,
      expiredServiceToken: signHs256(GOOD_HEADER, { ...claims, iat: 1_000_000, exp: 1_003_600 }),
    };
  });

  /** The text of a credential; all of users are those of `self`, whose token in bodies is that of another session. */
  async function textOf(credential: Credential, self: Account): Promise<string> {
    const known = ofServices[credential];
    if (known !== undefined) return known;
    const claims = { email: self.email, email_verified: true, sub: self.id };
    const now = Math.floor(Date.now() / 1000);
    const session = async () => signIn(service, self);
    const ended = async (token: string) => {
      await send(service, 'POST', '/auth/logout', { headers: bearer(token) });
      return token;
    };
    const makers: Partial<Record<Credential, () => string | Promise<string>>> = {
      userToken: async () => (await session()).accessToken,
      revokedUserToken: async () => ended((await session()).accessToken),
      expiredUserToken: () => forge(self, { claims: { iat: now - TWO_HOURS, exp: now - 60 } }),
      refreshToken: async () => (await session()).refreshToken,
      providerIdToken: () => provider.mint({ ...claims, auth_time: now }),
      providerAccessToken: () =>
        provider.mint({ ...claims, scope: 'openid email', auth_time: now }, { header: { typ: 'at+jwt' } }),
      expiredProviderToken: () => provider.mint({ ...claims, iat: now - TWO_HOURS, exp: now - 60 }),
      endedProviderToken: () => ended(provider.mint({ ...claims, nonce: 'ended' })),
    };
    return makers[credential]?.() ?? 'malformed';
  }

  /** Unproven, a provider's token of the address would end the password at its first sight. */
  async function provenUser(): Promise<Account> {
    const self = await register(service);
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [self.id]);
    return self;
  }

  async function headersOf(credential: Credential, self: Account): Promise<Headers> {
    if (credential === 'none') return {};
    if (credential === 'devHeader') return { 'X-User-Email': self.email };
    if (credential === 'keyInBasic') return basic(full.id, full.key);
    return bearer(await textOf(credential, self));
  }

  /** In the world that requests share, a credential is made once. */
  function headersIn({ self }: World, credential: Credential): Promise<Headers> {
    const name = `${self.id} ${credential}`;
    const headers = made.get(name) ?? headersOf(credential, self);
    made.set(name, headers);
    return headers;
  }

  /** What changes something has a world of its own, unless it must be refused before anything is looked at. */
  function worldOf(method: string, status: number): Promise<World> {
    const make = () => newWorld('user', { service, database, operator });
    if (method !== 'GET' && status < 400) return make();
    const world = lasting.get('all') ?? make();
    lasting.set('all', world);
    return world;
  }

  async function ask(name: string, credential: Credential, expected: number): Promise<[Credential, number]> {
    const { method, path } = routeOf(name);
    // The forms of OAuth are about no user.
    const world = await worldOf(path.startsWith('/oauth/') ? 'GET' : method, expected);
    const headers = await headersIn(world, credential);
    if (path.startsWith('/oauth/'))
      return [credential, (await postForm(service, path, FORM, headers)).status];
    const { body, ...sent } = (await MATRIX[name]?.sent(world)) ?? {};
    const given = { headers: { ...sent.headers, ...headers }, ...(body !== undefined && { body }) };
    const address = addressOf(path, world, sent);
    if (path === '/auth/events') return [credential, await statusOfStream(address, given.headers)];
    return [credential, (await send(service, method, address, given)).status];
  }

  async function statusOfStream(path: string, headers: Headers): Promise<number> {
    const stop = new AbortController();
    try {
      return (await fetch(service.url + path, { headers, signal: stop.signal })).status;
    } finally {
      stop.abort();
    }
  }

  it('has an access for every row of the matrix of permissions, and for no other', () => {
    expect(Object.keys(SERVICES).sort()).toEqual(Object.keys(MATRIX).sort());
    const own = Object.keys(SERVICES).filter((name) => SERVICES[name] === 'own');
    expect(Object.keys(OWN).sort()).toEqual(own.sort());
  });

  it.each(Object.keys(SERVICES))('%s', async (name) => {
    const expected = expectedOf(name);
    const answers = await Promise.all(
      CREDENTIALS.map((credential) => ask(name, credential, expected[credential]!)),
    );
    expect(Object.fromEntries(answers)).toEqual(expected);
  });

  describe('with AUTH_VALIDATE_REQUIRES_CREDENTIAL', () => {
    /** Services with the scope may ask; users and services without it are known, and may not. */
    const asCaller = (credential: Credential, good: number): number => {
      const kind = KINDS[credential];
      if (credential === 'devHeader' || kind === 'none' || kind === 'refused') return 401;
      return kind === 'service' ? good : 403;
    };

    it.each(['/auth/validate', '/auth/validate/batch'])('POST %s', async (path) => {
      const self = await provenUser();
      const body = path.endsWith('batch') ? { tokens: [self.token] } : { token: self.token };
      for (const credential of CREDENTIALS) {
        const headers = await headersOf(credential, self);
        for (let n = 0; n < 2; n++) {
          const { status } = await send(closed, 'POST', path, { body, headers });
          expect([credential, status]).toEqual([credential, asCaller(credential, 200)]);
        }
      }
    });

    it('GET /auth/verify, by X-Auth-Service-Key', async () => {
      const self = await provenUser();
      for (const credential of CREDENTIALS) {
        if (credential === 'keyInBasic') continue; // the header takes a key or a token
        const text = ['none', 'devHeader'].includes(credential) ? '' : await textOf(credential, self);
        const headers = { ...bearer(self.token), 'X-Auth-Service-Key': text };
        for (let n = 0; n < 2; n++) {
          const { status } = await send(closed, 'GET', '/auth/verify', { headers });
          expect([credential, status]).toEqual([credential, asCaller(credential, 204)]);
        }
      }
    });
  });

  describe('each kind of token that is presented', () => {
    /** validate, accept service, introspect, token (as client_secret), refresh, me. */
    type Row = readonly ['user' | null, 'service' | null, boolean, number, number, number];
    const USER: Row = ['user', null, true, 401, 401, 200];
    const SERVICE: Row = [null, 'service', true, 401, 401, 403];
    const NOTHING: Row = [null, null, false, 401, 401, 401];
    const ROWS: Readonly<Record<string, Row>> = {
      malformed: NOTHING,
      userToken: USER,
      providerIdToken: USER,
      providerAccessToken: USER,
      expiredUserToken: NOTHING,
      revokedUserToken: NOTHING,
      refreshToken: [null, null, true, 401, 200, 401],
      consumedRefreshToken: [null, null, false, 401, 401, 401],
      expiredProviderToken: NOTHING,
      endedProviderToken: NOTHING,
      key: [null, 'service', true, 200, 401, 403],
      keyWithoutScope: [null, 'service', true, 200, 401, 403],
      serviceToken: SERVICE,
      serviceTokenWithoutScope: SERVICE,
      expiredKey: NOTHING,
      revokedKey: NOTHING,
      expiredServiceToken: NOTHING,
      revokedServiceToken: NOTHING,
    };

    it('has a row for every credential that is a text', () => {
      const texts = CREDENTIALS.filter((name) => !['none', 'devHeader', 'keyInBasic'].includes(name));
      expect(Object.keys(ROWS).sort()).toEqual([...texts, 'consumedRefreshToken'].sort());
    });

    it.each(Object.keys(ROWS))('%s', async (name) => {
      const self = await provenUser();
      const text =
        name === 'consumedRefreshToken' ? await consumed(self) : await textOf(name as Credential, self);
      const whose = ({ body }: { body: Record<string, unknown> }) =>
        body.valid === true ? (body.user ? 'user' : 'service') : null;
      const validate = (accept?: string[]) =>
        send(service, 'POST', '/auth/validate', { body: { token: text, ...(accept && { accept }) } });
      const [asUser, asService, asAny] = [
        whose(await validate()),
        whose(await validate(['service'])),
        whose(await validate(['user', 'service'])),
      ];
      const batch = await send<{ results: Record<string, unknown>[] }>(
        service,
        'POST',
        '/auth/validate/batch',
        {
          body: { tokens: [text] },
        },
      );
      const introspected = await postForm(service, '/oauth/introspect', { token: text }, bearer(full.key));
      const client = { grant_type: 'client_credentials', client_id: full.id, client_secret: text };
      if (name === 'keyWithoutScope') client.client_id = narrow.id;
      const answers = [
        asUser,
        asService,
        introspected.body.active,
        (await postForm(service, '/oauth/token', client)).status,
        (await send(service, 'POST', '/auth/refresh', { body: { refresh_token: text } })).status,
        (await send(service, 'GET', '/auth/me', { headers: bearer(text) })).status,
      ];
      expect(answers).toEqual(ROWS[name]);
      expect(asAny).toBe(asUser ?? asService);
      expect(whose({ body: batch.body.results[0]! })).toBe(asUser);
      if (!introspected.body.active) expect(introspected.body).toEqual({ active: false });
    });

    async function consumed(self: Account): Promise<string> {
      const { refreshToken } = await signIn(service, self);
      const child = await refreshed(service, refreshToken);
      await refreshed(service, child.refreshToken); // no retry any more
      return refreshToken;
    }
  });
});
