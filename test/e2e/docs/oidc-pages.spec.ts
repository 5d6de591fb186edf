import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfiguration } from '../../../src/config/configuration';
import { register } from '../../support/http/accounts';
import { Internet } from '../../support/providers/internet';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { blocksOf } from '../../support/process/markdown';
import { ROOT } from '../../support/process/program';
import { signWith, stubKey, type StubKey } from '../../support/providers/provider-stub';
import { startService, TEST_SECRET, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

type Claims = Record<string, unknown>;

/** An entry of a page, as far as tokens for it need it. */
interface Entry {
  readonly issuer: string;
  readonly jwks_url?: string;
  readonly audience: string | string[];
  readonly [member: string]: unknown;
}

/** What the users of a provider bring, in the form that it writes; what is undefined is not in it. */
interface Shape {
  /** Of one user, in the order in which they come; the claims are beside `iss`, `iat` and `exp`. */
  readonly tokens: readonly Claims[];
  readonly user: Partial<Person>;
  readonly teams?: readonly string[];
  /** Made by the same provider, and not good here: each changes the last of the tokens. */
  readonly bad: Readonly<Record<string, Claims>>;
  /** Whether its key set names the algorithm. */
  readonly namesAlgorithm?: boolean;
  /** What the page tells to do before, beside the user that it names. */
  readonly sqlFor?: string;
}

const now = Math.floor(Date.now() / 1000);
const first = (audience: Entry['audience']) => [audience].flat()[0] as string;
const second = (audience: Entry['audience']) => [audience].flat()[1] as string;

/** By page. Documented shapes; the addresses of the documentation are beneath each page. */
const SHAPES: Record<string, (entry: Entry) => Shape> = {
  'oidc-provider.md': ({ audience }) => ({
    tokens: [
      {
        sub: 'oidc-provider-ada',
        email: 'ada@oidc-provider.example',
        email_verified: true,
        name: 'Ada Lovelace',
        aud: first(audience),
      },
      { sub: 'oidc-provider-ada', jti: 'M-ZH5', scope: 'read', client_id: 'web', aud: second(audience) },
    ],
    user: { email: 'ada@oidc-provider.example', name: 'Ada Lovelace' },
    bad: { 'for another resource': { aud: 'urn:other:api' } },
  }),
  'better-auth.md': ({ audience, issuer }) => ({
    tokens: [
      {
        email: 'ada@better.example',
        email_verified: true,
        name: 'Ada Lovelace',
        sub: 'yvHobnfqdnzHvW4mptY9cQBL4AXzfdx1',
        aud: first(audience),
      },
    ],
    user: { email: 'ada@better.example', name: 'Ada Lovelace' },
    bad: { 'for its own address, the default': { aud: issuer } },
  }),
  'glewlwyd.md': ({ audience }) => ({
    tokens: [
      {
        sub: 'o5TpT6jPIGEuIDGeghJ2OzJzruJy6z0J',
        name: 'Ada Lovelace',
        email: 'ada@glewlwyd.example',
        email_verified: true,
        aud: first(audience),
        auth_time: 0,
        azp: first(audience),
        nonce: 'once',
        amr: ['session'],
        at_hash: 'WUCPwC5yJ33M8RlID8CG0g',
      },
      {
        client_id: first(audience),
        aud: second(audience),
        sub: 'o5TpT6jPIGEuIDGeghJ2OzJzruJy6z0J',
        jti: 'sOqOCyquCxzh8CXXLek5NuE03fapc5fq',
        type: 'access_token',
        scope: 'openid email prompts',
      },
    ],
    user: { email: 'ada@glewlwyd.example', name: 'Ada Lovelace' },
    bad: { 'with its scopes as the audience': { aud: 'openid email prompts' } },
  }),
  'lemonldap-ng.md': ({ audience }) => ({
    tokens: [
      {
        sub: 'dwho',
        name: 'Doctor Who',
        email: 'dwho@badwolf.example',
        email_verified: true,
        aud: [first(audience)],
        azp: first(audience),
        acr: 'loa-1',
        auth_time: now,
        at_hash: '3cW0veGX_ToC8t6C-5E-xg',
      },
      { sub: 'dwho', client_id: first(audience), aud: [first(audience)], scope: 'openid email profile' },
    ],
    user: { email: 'dwho@badwolf.example', name: 'Doctor Who' },
    bad: { 'of another relying party': { aud: ['new'], client_id: 'new' } },
  }),
  'django-oauth-toolkit.md': ({ audience }) => ({
    tokens: [
      {
        sub: '1',
        email: 'ada@django.example',
        email_verified: true,
        name: 'Ada Lovelace',
        aud: first(audience),
        auth_time: now,
        at_hash: 'ahe1FQVehowXK6sk9VaFlA',
        jti: '68b6faab-6243-4780-8aab-14802a7543de',
      },
    ],
    user: { email: 'ada@django.example', name: 'Ada Lovelace' },
    bad: { 'of another application': { aud: 'other' } },
  }),
  'authhero.md': ({ audience, issuer }) => ({
    tokens: [
      {
        sub: 'auth2|ada',
        email: 'ada@authhero.example',
        email_verified: true,
        name: 'Ada Lovelace',
        aud: first(audience),
        scope: 'openid email profile',
        permissions: Array.from({ length: 300 }, (_, n) => `permission:${n}`),
      },
    ],
    user: { email: 'ada@authhero.example', name: 'Ada Lovelace' },
    bad: { 'for userinfo, as it comes without an audience': { aud: `${issuer}userinfo` } },
  }),
  'emulators.md': ({ clients }) => ({
    tokens: [
      {
        sub: 'johndoe',
        amr: ['pwd'],
        scope: 'dummy',
        client_id: (clients as string[])[0],
        email: 'john@mock.example',
        email_verified: true,
        name: 'John Doe',
      },
    ],
    user: { email: 'john@mock.example', name: 'John Doe' },
    bad: {
      'without a client, as it comes': { client_id: undefined },
      'of another client': { client_id: 'other' },
    },
  }),
  'README.md': ({ audience }) => ({
    tokens: [
      {
        aud: first(audience),
        sub: 'f3a1',
        'https://partner.example/email': 'mary@partner.example',
        'https://partner.example/email_verified': true,
        profile: { display_name: 'Mary Jackson', photo: 'https://partner.example/mary.png' },
        roles: ['developers', 'others'],
        areas: ['north'],
      },
    ],
    user: {
      email: 'mary@partner.example',
      name: 'Mary Jackson',
      avatar_url: 'https://partner.example/mary.png',
    },
    teams: ['Engineering', 'General'],
    bad: { 'another audience': { aud: 'other' }, 'an ID token': { nonce: 'n' } },
  }),
  'apple.md': ({ audience }) => ({
    tokens: [
      {
        aud: second(audience),
        sub: '001393.6d621dadasdd04956bds129fa982ba.1517',
        nonce: 'n-0S6_WzA2Mj',
        c_hash: 'dZusyqBNIzmfd8Uv_cVKSw',
        email: 'abcd@privaterelay.appleid.com',
        email_verified: 'true',
        is_private_email: 'true',
        auth_time: now,
        nonce_supported: true,
      },
      {
        aud: first(audience),
        sub: '001393.6d621dadasdd04956bds129fa982ba.1517',
        email: 'abcd@privaterelay.appleid.com',
        email_verified: true,
        is_private_email: true,
        auth_time: now,
        nonce_supported: true,
      },
    ],
    user: { email: 'abcd@privaterelay.appleid.com', name: 'abcd' },
    bad: { 'another app': { aud: 'com.example.another' } },
  }),
  'auth0.md': ({ audience, groups_claim }) => ({
    tokens: [
      {
        aud: second(audience),
        sub: 'auth0|6553da60a54af58e29493993',
        nickname: 'jane',
        name: 'Jane Doe',
        picture: 'https://s.gravatar.com/avatar/0.png',
        updated_at: '2026-11-23T09:30:00.000Z',
        email: 'jane@example.com',
        email_verified: true,
        sid: 'aBcD',
        [groups_claim as string]: ['eng'],
      },
      {
        aud: [first(audience), 'https://your-tenant.eu.auth0.com/userinfo'],
        sub: 'auth0|6553da60a54af58e29493993',
        azp: 'another-client',
        scope: 'openid profile email',
        [groups_claim as string]: ['eng'],
      },
    ],
    user: { email: 'jane@example.com', name: 'Jane Doe' },
    teams: ['Engineering', 'General'],
    bad: { 'another API': { aud: ['https://other.example', 'https://your-tenant.eu.auth0.com/userinfo'] } },
  }),
  'azure-ad-b2c.md': ({ audience }) => {
    const common = {
      sub: '1558f87f-452b-4757-bcd1-883d5b1b2a3c',
      oid: '1558f87f-452b-4757-bcd1-883d5b1b2a3c',
      aud: first(audience),
      name: 'David',
      emails: ['david@contoso.example'],
      tfp: 'B2C_1_signupsignin',
      nonce: 'anyRandomValue',
      nbf: now,
      ver: '1.0',
    };
    return {
      tokens: [
        { ...common, auth_time: now },
        { ...common, scp: 'read', azp: '38307aee-303c-4fff-8087-d8d2b3c4d5e6' },
      ],
      user: { email: 'david@contoso.example', name: 'David' },
      bad: { 'another API': { aud: '99998888-aaaa-2222-bbbb-3333cccc4444' } },
      namesAlgorithm: false,
    };
  },
  'cognito.md': ({ audience }) => {
    const common = {
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['eng', 'test-group-b'],
      origin_jti: '11111111-2222-3333-4444-555555555555',
      event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
      auth_time: now - 10,
    };
    const id = {
      aud: first(audience),
      token_use: 'id',
      'cognito:username': 'me',
      email: 'cognito@example.com',
      email_verified: true,
    };
    const access = {
      client_id: first(audience),
      token_use: 'access',
      scope: 'openid',
      version: 2,
      username: 'me',
    };
    return {
      tokens: [
        { ...common, ...id },
        { ...common, ...access },
      ],
      user: { email: 'cognito@example.com', name: 'cognito' },
      teams: ['Engineering', 'General'],
      bad: { 'another client': { client_id: 'another' } },
    };
  },
  'entra.md': ({ audience }) => {
    const common = {
      aud: first(audience),
      nbf: now - 5,
      oid: 'bbbbbbbb-1111-2222-3333-cccccccccccc',
      preferred_username: 'casey@contoso.example',
      tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      ver: '2.0',
      groups: ['11112222-bbbb-3333-cccc-4444dddd5555'],
    };
    return {
      tokens: [
        {
          ...common,
          sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
          name: 'Casey Jensen',
          rh: '0.ARoA',
          nonce: '123523',
        },
        { ...common, sub: 'another-of-another-registration', azp: 'spa', azpacr: '0', scp: 'access_as_user' },
      ],
      user: { email: 'casey@contoso.example', name: 'Casey Jensen' },
      bad: { 'another API': { aud: '00000003-0000-0000-c000-000000000000' }, 'no oid': { oid: undefined } },
      namesAlgorithm: false,
    };
  },
  'firebase.md': ({ audience }) => ({
    tokens: [
      {
        aud: first(audience),
        sub: 'Zk3xQ2fV8oRk1',
        user_id: 'Zk3xQ2fV8oRk1',
        name: 'Katherine Johnson',
        picture: 'https://lh3.googleusercontent.com/a/photo.jpg',
        auth_time: now,
        email: 'katherine@example.com',
        email_verified: true,
        firebase: { identities: { email: ['katherine@example.com'] }, sign_in_provider: 'password' },
      },
    ],
    user: { email: 'katherine@example.com', name: 'Katherine Johnson' },
    bad: { 'another project': { aud: 'another-project' } },
  }),
  'gitlab.md': ({ audience }) => ({
    tokens: [
      {
        aud: first(audience),
        sub: '1234567',
        auth_time: now - 60,
        sub_legacy: '2fb41c3de0bd4f8c0f0b0b0f6d4c2a1f8e7d6c5b4a3928170615243342516071',
        name: 'Dorothy Vaughan',
        nickname: 'dorothy',
        preferred_username: 'dorothy',
        email: 'dorothy@example.com',
        email_verified: true,
        profile: 'https://gitlab.com/dorothy',
        picture: 'https://gitlab.com/uploads/-/system/user/avatar/1234567/avatar.png',
        groups_direct: ['eng', 'acme/platform'],
      },
    ],
    user: { email: 'dorothy@example.com', name: 'Dorothy Vaughan' },
    teams: ['Engineering', 'General'],
    bad: { 'another application': { aud: 'f'.repeat(64) } },
  }),
  'google.md': ({ audience }) => ({
    tokens: [
      {
        azp: second(audience),
        aud: first(audience),
        sub: '110169484474386276334',
        email: 'testuser@gmail.example',
        email_verified: true,
        name: 'Test User',
        picture: 'https://lh4.googleusercontent.com/-kYgzyAWpZzJ/photo.jpg',
        given_name: 'Test',
        family_name: 'User',
      },
    ],
    user: { email: 'testuser@gmail.example', name: 'Test User' },
    bad: {
      'another client': { aud: 'evil.apps.googleusercontent.com', azp: 'evil.apps.googleusercontent.com' },
    },
  }),
  'keycloak.md': ({ audience }) => {
    const common = {
      jti: 'd58f5dc8-fd8f-462b-8a19-716f8f83985b',
      sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
      azp: first(audience),
      sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
      acr: '1',
      email_verified: true,
      name: 'Grace Hopper',
      preferred_username: 'grace',
      email: 'grace@example.com',
      groups: ['eng'],
    };
    return {
      tokens: [
        { ...common, aud: first(audience), typ: 'ID', auth_time: now },
        {
          ...common,
          aud: [first(audience), 'account'],
          typ: 'Bearer',
          scope: 'openid email profile',
          azp: 'web-app',
        },
      ],
      user: { email: 'grace@example.com', name: 'Grace Hopper' },
      teams: ['Engineering', 'General'],
      bad: { 'no audience mapper': { aud: 'account' } },
    };
  },
  'kubernetes.md': ({ audience }) => ({
    tokens: [
      {
        aud: [first(audience)],
        sub: 'system:serviceaccount:jobs:report',
        jti: 'e51f1fbc-4733-4b85-a59f-ba80c0523874',
        nbf: now,
        'kubernetes.io': {
          namespace: 'jobs',
          node: { name: 'worker', uid: '5eb86e86-863b-451b-bf70-86cb61439a3a' },
          pod: { name: 'report-28391', uid: '0d8b260e-ef0e-45fb-be8e-ff44f97722e8' },
          serviceaccount: { name: 'report', uid: '6d5b2d0e-9a7e-4a3c-8a0d-0d6f7d3c2b1a' },
          warnafter: now + 300,
        },
      },
    ],
    user: { email: 'report-job@example.com' },
    bad: {
      'the API server as audience': { aud: ['https://kubernetes.default.svc.cluster.local'] },
      'no service account': { 'kubernetes.io': { namespace: 'jobs' } },
    },
    sqlFor: 'report-job@example.com',
  }),
  'okta.md': ({ audience }) => ({
    tokens: [
      {
        aud: second(audience),
        sub: '00uid4BxXw6I6TV4m0g3',
        name: 'John Doe',
        email: 'john.doe@example.com',
        ver: 1,
        jti: 'ID.radCQMOQUmyvcTBmmIL0J6BaS60apUEiC7-vI7pOmkw',
        amr: ['pwd'],
        idp: '00oq6kcVwvrDY2YsS0g3',
        preferred_username: 'john.doe@example.com',
        auth_time: now,
        at_hash: 'fPlsvVszI29LU2UhDyJ9vg',
        groups: ['Everyone', 'eng'],
      },
      {
        aud: first(audience),
        sub: 'john.doe@example.com',
        ver: 1,
        jti: 'AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts',
        cid: second(audience),
        uid: '00uid4BxXw6I6TV4m0g3',
        scp: ['openid', 'profile', 'email'],
        auth_time: now,
        groups: ['Everyone', 'eng'],
      },
    ],
    user: { email: 'john.doe@example.com', name: 'John Doe' },
    teams: ['Engineering', 'General'],
    bad: {
      'another API': { aud: 'https://example.okta.com' },
      'of a service': { uid: undefined, sub: '0oa1b2c3d4EXAMPLE5d7' },
    },
  }),
  'zitadel.md': ({ audience, trusted_audiences }) => ({
    tokens: [
      {
        aud: [first(audience), ...(trusted_audiences as string[])],
        azp: first(audience),
        client_id: first(audience),
        sub: '163840776835432345',
        amr: ['password', 'pwd'],
        auth_time: now,
        at_hash: 'fPlsvVszI29LU2UhDyJ9vg',
        sid: 'V1_338594284591710299',
        email: 'annie@example.com',
        email_verified: true,
        name: 'Annie Easley',
        preferred_username: 'annie@example.zitadel.cloud',
        'urn:zitadel:iam:org:project:roles': { eng: { '201982826478953724': 'acme.zitadel.cloud' } },
      },
    ],
    user: { email: 'annie@example.com', name: 'Annie Easley' },
    teams: ['Engineering', 'General'],
    bad: {
      'made for another client of the project': { azp: (trusted_audiences as string[])[0] },
      'for the others only': { aud: trusted_audiences },
    },
  }),
};

/** Members of an entry that let more in. */
const DOORS = [
  ...[
    'subject_claim',
    'trusted_audiences',
    'trust_email',
    'email_verified_text',
    'groups_form',
    'link_same_address',
    'userinfo',
    'clients',
  ],
  'emails.0',
];
const FOLDER = 'docs/oidc';
const NAMES = readdirSync(join(ROOT, FOLDER)).sort();

/** The first JSON block of a page that describes an issuer. */
function entryOf(name: string): Entry {
  const blocks = blocksOf(join(FOLDER, name)).filter(({ language }) => language === 'json');
  const entry = blocks
    .map(({ text }) => JSON.parse(text) as Partial<Entry>)
    .find(({ issuer }) => issuer !== undefined);
  if (!entry) throw new Error(`${name} shows no entry`);
  return entry as Entry;
}

describe('the pages of providers', () => {
  const keys = new Map<string, StubKey>();
  const entries = new Map<string, Entry>();
  let internet: Internet;
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    for (const name of NAMES) {
      const entry = entryOf(name);
      const named = SHAPES[name]?.(entry).namesAlgorithm ?? true;
      const [alg] = (entry.algorithms as string[] | undefined) ?? ['RS256'];
      keys.set(name, stubKey(alg, named ? {} : { alg: undefined }));
      entries.set(name, entry);
    }
    const placed = [...entries].map(([name, { issuer, jwks_url: jwksUrl }]) => ({
      issuer,
      ...(jwksUrl !== undefined && { jwksUrl }),
      keys: [keys.get(name) as StubKey],
    }));
    [internet, database] = await Promise.all([Internet.start(placed), createTestDatabase()]);
    service = await startService({
      databaseUrl: database.url,
      env: { ...internet.env, AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([...entries.values()]) },
    });
  });

  afterAll(async () => {
    await service.stop();
    internet.stop();
    await database.drop();
  });

  it('are those of which a user is known here', () => {
    expect(NAMES).toEqual(Object.keys(SHAPES).sort());
  });

  describe.each(NAMES)('%s', (name) => {
    const entry = entryOf(name);
    const { tokens, user, teams = ['General'], bad, sqlFor } = SHAPES[name]?.(entry) as Shape;
    const token = (claims: Claims, key = keys.get(name) as StubKey) =>
      signWith(
        key.privateKey,
        key.alg,
        { alg: key.alg, kid: keys.get(name)?.kid },
        { iss: entry.issuer, iat: now, exp: now + 600, ...claims },
      );

    it('its entry stands by itself, in production too', () => {
      const { federation } = loadConfiguration({
        NODE_ENV: 'production',
        DATABASE_URL: 'postgres://db.example/auth',
        AUTH_JWT_SECRET_KEY: TEST_SECRET,
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([entry]),
      });
      expect(federation.issuers.map(({ issuer }) => issuer)).toEqual([entry.issuer]);
    });

    it('its entry lets a user in, by every kind of token that the provider makes', async () => {
      if (sqlFor !== undefined) {
        await expectRefused(service, token(tokens[0] ?? {}), 'email-not-verified');
        await register(service, { email: sqlFor });
        const [sql] = blocksOf(join(FOLDER, name)).filter(({ language }) => language === 'sql');
        await database.query(sql?.text ?? '');
      }
      let id: string | undefined;
      for (const claims of tokens) {
        const person = await expectAccepted(service, token(claims), { ...(id !== undefined && { id }) });
        expect(person).toMatchObject(user);
        expect(person.teams.map((team) => team.name)).toEqual(teams);
        id = person.id;
      }
      const keySet = entry.jwks_url ?? `${new URL(entry.issuer).origin}/keys-of-discovery`;
      expect(internet.asked).toContain(keySet);
    });

    it.each(Object.keys(bad))('its entry lets nobody in with a token of the provider: %s', (what) =>
      expectRefused(service, token({ ...tokens.at(-1), ...bad[what] })),
    );

    it('R4 its entry lets nobody in with a token that another provider signed', async () => {
      const other = keys.get(name === 'google.md' ? 'apple.md' : 'google.md');
      await expectRefused(service, token(tokens.at(-1) ?? {}, other));
    });

    if (entry.trust_email !== true) {
      it('R28 its entry lets nobody in with an address that nobody vouches for', async () => {
        const { email_verified_claim: verified = 'email_verified' } = entry;
        const stranger = {
          ...tokens[0],
          sub: 'stranger',
          [verified as string]: false,
          'kubernetes.io': { serviceaccount: { uid: 'stranger' } },
        };
        await expectRefused(service, token(stranger), 'email-not-verified');
      });
    }

    it('says of each door in its entry what it opens', () => {
      const text = readFileSync(join(ROOT, FOLDER, name), 'utf8').replaceAll(/```json.*?```/gs, '');
      for (const door of DOORS.filter((each) => JSON.stringify(entry).includes(each)))
        expect(text).toContain(door);
    });
  });
});
