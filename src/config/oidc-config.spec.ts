import { writeIssuersFile } from '../../test/support/providers/issuers-file';
import { ConfigurationError } from './configuration-error';
import { loadConfiguration } from './configuration';

const BASE = { NODE_ENV: 'test', AUTH_JWT_SECRET_KEY: 'm7Qx2VtR9pLc4Wz8Kd1Yf6Hs3Nb5Gj0aTe' };
const ENTRY = { issuer: 'https://idp.example', audience: 'app' };

const oidc = (environment: Record<string, string>) =>
  loadConfiguration({ ...BASE, ...environment }).federation;

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    oidc(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

const faultsOfFile = (content: unknown, environment: Record<string, string> = {}) =>
  faultsOf({ AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(content), ...environment });

describe('the settings of providers', () => {
  it('are none by default', () => {
    expect(oidc({}).issuers).toEqual([]);
  });

  it('of one issuer have careful defaults', () => {
    expect(oidc({ AUTH_OIDC_ISSUER: 'https://idp.example', AUTH_OIDC_AUDIENCE: 'a, b' })).toEqual({
      issuers: [
        {
          source: {
            issuer: 'AUTH_OIDC_ISSUER',
            jwksUrl: 'AUTH_OIDC_JWKS_URL',
            algorithms: 'AUTH_OIDC_ALGORITHMS',
          },
          issuer: 'https://idp.example',
          spellings: ['https://idp.example'],
          subjectClaim: 'sub',
          clients: undefined,
          clientClaim: undefined,
          userinfo: false,
          audiences: ['a', 'b'],
          trustedAudiences: [],
          unmarkedKind: 'id',
          requiredClaims: [],
          requiredScopes: [],
          maxAuthAgeSeconds: undefined,
          emailVerifiedText: false,
          linkSameAddress: [],
          jwksUrl: undefined,
          algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
          tokenUse: 'any',
          trustEmail: false,
          claims: { email: 'email', emailVerified: 'email_verified', name: 'name', picture: 'picture' },
          groups: undefined,
          domains: undefined,
        },
      ],
      jwksCacheSeconds: 600,
      jwksStaleSeconds: 86_400,
      proxy: undefined,
    });
  });

  it.each([
    ['false', false],
    ['0', false],
    ['true', true],
    ['1', true],
    ['always', 'always'],
  ])('AUTH_OIDC_TRUST_EMAIL=%s', (word, trustEmail) => {
    const one = { AUTH_OIDC_ISSUER: 'https://idp.example', AUTH_OIDC_AUDIENCE: 'app' };
    expect(oidc({ ...one, AUTH_OIDC_TRUST_EMAIL: word }).issuers).toMatchObject([{ trustEmail }]);
  });

  it.each(['Always', 'yes', 'missing'])('AUTH_OIDC_TRUST_EMAIL=%s stops the start', (word) => {
    const one = { AUTH_OIDC_ISSUER: 'https://idp.example', AUTH_OIDC_AUDIENCE: 'app' };
    expect(faultsOf({ ...one, AUTH_OIDC_TRUST_EMAIL: word })).toEqual([
      'AUTH_OIDC_TRUST_EMAIL must be true, false or always',
    ]);
  });

  it.each<[string, object, string]>([
    ['no client', { clients: [] }, 'clients must not be empty'],
    ['an empty client', { clients: [''] }, 'clients must be a text or a list of texts'],
    ['clients that are a number', { clients: 5 }, 'clients must be a text or a list of texts'],
    ['a claim without clients', { client_claim: 'cid' }, 'client_claim needs clients'],
    ['an empty claim', { clients: 'a', client_claim: '' }, 'client_claim must be a text'],
    ['a text for userinfo', { userinfo: 'true' }, 'userinfo must be true or false'],
  ])('with %s stop the start', (_what, members, fault) => {
    expect(faultsOfFile([{ ...ENTRY, ...members }])).toEqual([`AUTH_OIDC_ISSUERS_FILE, entry 1: ${fault}`]);
  });

  it('warn of an audience that is a list of scopes, unless clients are listed', () => {
    const warningsOf = (entries: object[], environment: Record<string, string> = {}) =>
      loadConfiguration({
        ...environment,
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(entries),
      }).warnings.filter((warning) => warning.includes('audience'));
    const scopes = { audience: ['openid email'] };
    expect(warningsOf([{ ...ENTRY, ...scopes }])).toEqual([
      expect.stringMatching(
        /^AUTH_OIDC_ISSUERS_FILE, entry 1: issuer has an audience with a space .* clients/,
      ),
    ]);
    expect(warningsOf([{ ...ENTRY, ...scopes, clients: 'web' }])).toEqual([]);
    const single = { AUTH_OIDC_ISSUER: 'https://one.example', AUTH_OIDC_AUDIENCE: 'app,openid email' };
    expect(warningsOf([ENTRY], single)).toEqual([expect.stringMatching(/^AUTH_OIDC_ISSUER has an audience/)]);
  });

  it('of a file stand beside the single ones, each with its own rules', () => {
    const file = writeIssuersFile([
      {
        ...ENTRY,
        audience: ['app', 'api'],
        jwks_url: 'https://keys.example/jwks',
        algorithms: ['ES256'],
        token_use: 'access',
        trusted_audiences: 'project',
        required_claims: { hd: 'idp.example', 'org.level': [1, 2] },
        required_scopes: ['read'],
        max_auth_age_seconds: 3600,
        trust_email: true,
        email_claim: 'https://idp.example/email',
        name_claim: 'profile.display_name',
        groups_claim: 'roles',
        group_mapping: { admins: 'eng' },
        domains_claim: 'areas',
        domains_form: 'keys',
        domain_mapping: { north: 'sales' },
        email_verified_text: true,
        subject_claim: 'uid',
      },
    ]);
    const { issuers } = oidc({
      AUTH_OIDC_ISSUERS_FILE: file,
      AUTH_OIDC_ISSUER: 'https://accounts.google.com',
      AUTH_OIDC_AUDIENCE: 'web',
      AUTH_OIDC_GROUPS_CLAIM: 'groups',
    });
    expect(issuers).toMatchObject([
      {
        issuer: 'https://accounts.google.com',
        spellings: ['https://accounts.google.com', 'accounts.google.com'],
        groups: { claim: 'groups', form: 'list', mapping: undefined },
      },
      {
        issuer: 'https://idp.example',
        spellings: ['https://idp.example'],
        audiences: ['app', 'api'],
        jwksUrl: 'https://keys.example/jwks',
        algorithms: ['ES256'],
        tokenUse: 'access',
        unmarkedKind: 'access',
        trustedAudiences: ['project'],
        requiredClaims: [
          { claim: 'hd', values: ['idp.example'] },
          { claim: 'org.level', values: [1, 2] },
        ],
        requiredScopes: ['read'],
        maxAuthAgeSeconds: 3600,
        trustEmail: true,
        claims: {
          email: 'https://idp.example/email',
          emailVerified: 'email_verified',
          name: 'profile.display_name',
          picture: 'picture',
        },
        emailVerifiedText: true,
        subjectClaim: 'uid',
        groups: { claim: 'roles', form: 'list', mapping: { admins: 'eng' } },
        domains: { claim: 'areas', form: 'keys', mapping: { north: 'sales' } },
      },
    ]);
  });

  it.each([
    ['AUTH_OIDC_AUDIENCE', 'app'],
    ['AUTH_OIDC_JWKS_URL', 'https://idp.example/jwks'],
    ['AUTH_OIDC_ALGORITHMS', 'ES256'],
    ['AUTH_OIDC_TOKEN_USE', 'id'],
    ['AUTH_OIDC_TRUST_EMAIL', 'true'],
    ['AUTH_OIDC_GROUPS_CLAIM', 'groups'],
    ['AUTH_OIDC_DOMAINS_CLAIM', 'areas'],
  ])('%s means nothing without an issuer', (name, value) => {
    expect(faultsOf({ [name]: value })).toEqual([`AUTH_OIDC_ISSUER is required when ${name} is set`]);
  });

  it.each([
    ['no audience', {}, 'AUTH_OIDC_AUDIENCE is required when AUTH_OIDC_ISSUER is set'],
    ['a symmetric algorithm', { AUTH_OIDC_ALGORITHMS: 'RS256,HS256' }, 'AUTH_OIDC_ALGORITHMS must be one of'],
    [
      'no algorithm',
      { AUTH_OIDC_AUDIENCE: 'a', AUTH_OIDC_ALGORITHMS: ',' },
      'AUTH_OIDC_ALGORITHMS must name',
    ],
    ['an unknown token use', { AUTH_OIDC_TOKEN_USE: 'refresh' }, 'AUTH_OIDC_TOKEN_USE must be one of'],
    [
      'our own issuer',
      { AUTH_OIDC_AUDIENCE: 'a', AUTH_JWT_ISSUER: 'https://idp.example' },
      'AUTH_OIDC_ISSUER must differ',
    ],
    [
      'our own issuer in another spelling',
      {
        AUTH_OIDC_ISSUER: 'https://accounts.google.com',
        AUTH_OIDC_AUDIENCE: 'a',
        AUTH_JWT_ISSUER: 'accounts.google.com',
      },
      'AUTH_OIDC_ISSUER must differ',
    ],
  ])('refuse %s', (_what, environment, fault) => {
    const faults = faultsOf({ AUTH_OIDC_ISSUER: 'https://idp.example', ...environment });
    expect(faults).toContainEqual(expect.stringContaining(fault));
  });

  it('of a file are checked strictly, all faults in one message, without values', () => {
    const faults = faultsOfFile([
      {
        audience: [],
        algorithms: ['none'],
        jwks_url: 'ftp://x',
        trust_email: 'yes',
        email_claim: 1,
        groupsClaim: 'x',
      },
      'text',
      { ...ENTRY, group_mapping: { a: 'b' }, domain_mapping: [], domains_claim: '' },
      ENTRY,
      ENTRY,
    ]);
    expect(faults).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: "groupsClaim" is not a member of an issuer',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: audience must not be empty',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: jwks_url must be a URL that starts with http:// or https://',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: algorithms must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: trust_email must be true, false or "always"',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: email_claim must be a text',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: issuer is required',
      'AUTH_OIDC_ISSUERS_FILE, entry 2: must be an object',
      'AUTH_OIDC_ISSUERS_FILE, entry 3: domains_claim must be a text',
      'AUTH_OIDC_ISSUERS_FILE, entry 3: domain_mapping must be an object from names of the provider to names of this service',
      'AUTH_OIDC_ISSUERS_FILE, entry 3: group_mapping needs groups_claim',
      'AUTH_OIDC_ISSUERS_FILE, entry 5: issuer names an issuer for the second time',
    ]);
  });

  it('of a file refuse rules that say nothing, or something else', () => {
    const bad = {
      trusted_audiences: [],
      required_claims: [{}, [], 'hd', { hd: [] }, { hd: { a: 1 } }, { hd: null }],
      required_scopes: [5],
      max_auth_age_seconds: [-1, 1.5, '60', true],
      email_verified_text: ['true'],
      groups_form: ['object'],
      domains_form: ['keys'],
    };
    const entries = Object.entries(bad).flatMap(([name, values]) =>
      (values.length === 0 || name === 'required_scopes' ? [values] : values).map((value) => ({
        ...ENTRY,
        [name]: value,
      })),
    );
    expect(faultsOfFile(entries).map((fault) => fault.replace(/^.*entry /, ''))).toEqual([
      '1: trusted_audiences must not be empty',
      ...[2, 3, 4].map(
        (n) =>
          `${n}: required_claims must be an object from claims to the value, or the values, that are good`,
      ),
      ...[5, 6, 7].map(
        (n) =>
          `${n}: required_claims must name a text, a number, true, false, or a list of those for each claim`,
      ),
      '8: required_scopes must be a text or a list of texts',
      ...[9, 10, 11, 12].map((n) => `${n}: max_auth_age_seconds must be a whole number of seconds`),
      '13: email_verified_text must be true or false',
      '14: groups_form must be one of list, keys',
      '14: groups_form needs groups_claim',
      '15: domains_form needs domains_claim',
    ]);
  });

  it.each([
    'email',
    'emails.0',
    'mail',
    'preferred_username',
    'username',
    'user_name',
    'upn',
    'unique_name',
    'name',
    'nickname',
    'displayName',
    'phone_number',
    'profile.login',
    'https://idp.example/email',
    'urn:example:EMail',
  ])('of a file refuse %s as the name of a person: it goes to somebody else one day', (claim) => {
    expect(faultsOfFile([{ ...ENTRY, subject_claim: claim }])).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: subject_claim must name a claim that the provider never reassigns, as addresses and names are',
    ]);
  });

  it('of a file refuse a claim about the person as their name, and take ids', () => {
    expect(faultsOfFile([{ ...ENTRY, subject_claim: 'who', name_claim: 'who' }])).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: subject_claim must be another claim than those about the person',
    ]);
    for (const subject_claim of ['sub', 'uid', 'oid', 'user_id', 'https://idp.example/employee', 'ids.0']) {
      expect(faultsOfFile([{ ...ENTRY, subject_claim }])).toEqual([]);
    }
  });

  it('of a file let further subjects join in address domains only, and never where addresses are trusted', () => {
    const file = writeIssuersFile([{ ...ENTRY, link_same_address: ['Example.COM', 'münchen.example'] }]);
    expect(oidc({ AUTH_OIDC_ISSUERS_FILE: file }).issuers).toMatchObject([
      { linkSameAddress: ['example.com', 'xn--mnchen-3ya.example'] },
    ]);
    for (const link_same_address of ['*', '@example.com', '*.example.com', 'example', [], true]) {
      expect(faultsOfFile([{ ...ENTRY, link_same_address }])).toEqual([
        expect.stringMatching(/^AUTH_OIDC_ISSUERS_FILE, entry 1: link_same_address must /),
      ]);
    }
    expect(faultsOfFile([{ ...ENTRY, link_same_address: 'example.com', trust_email: true }])).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: link_same_address needs addresses that the provider verifies, so it cannot stand beside trust_email',
    ]);
  });

  it.each(['kubernetes/serviceaccount', 'urn:example:idp', 'idp.example'])(
    'take the name %s, where the keys are given',
    (issuer) => {
      const jwks = { AUTH_OIDC_JWKS_URL: 'https://idp.example/jwks' };
      const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://x/y' };
      const single = { AUTH_OIDC_ISSUER: issuer, AUTH_OIDC_AUDIENCE: 'app' };
      expect(oidc({ ...single, ...jwks }).issuers).toMatchObject([{ issuer }]);
      expect(faultsOf({ ...production, ...single, ...jwks })).toEqual([]);
      expect(faultsOf(single)).toEqual([
        'AUTH_OIDC_ISSUER must be a URL that starts with http:// or https://, or AUTH_OIDC_JWKS_URL must be set',
      ]);
      expect(faultsOfFile([{ ...ENTRY, issuer }])).toEqual([
        'AUTH_OIDC_ISSUERS_FILE, entry 1: issuer must be a URL that starts with http:// or https://, or AUTH_OIDC_ISSUERS_FILE, entry 1: jwks_url must be set',
      ]);
      expect(faultsOfFile([{ ...ENTRY, issuer: 'a\nb' }])).toEqual([
        'AUTH_OIDC_ISSUERS_FILE, entry 1: issuer must not hold control characters',
      ]);
    },
  );

  it('R87 refuse addresses with credentials, without the value', () => {
    const entry = {
      ...ENTRY,
      issuer: 'https://a:hunter2@idp.example',
      jwks_url: 'https://hunter2@idp.example/jwks',
    };
    expect(faultsOfFile([entry])).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: issuer must not hold credentials',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: jwks_url must not hold credentials',
    ]);
  });

  it.each(['', '{', '{}', '[]', 'null'])('refuse a file with %j', (content) => {
    expect(faultsOfFile(content)).toEqual([
      'AUTH_OIDC_ISSUERS_FILE must hold a JSON list with an object for each issuer',
    ]);
  });

  it('refuse a file that is not there', () => {
    expect(faultsOf({ AUTH_OIDC_ISSUERS_FILE: '/nowhere/issuers.json' })).toEqual([
      'AUTH_OIDC_ISSUERS_FILE cannot be read: the file is missing or closed to this process',
    ]);
  });

  it('refuse plain http in production, in either form', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://x/y' };
    const single = {
      AUTH_OIDC_ISSUER: 'http://idp.example',
      AUTH_OIDC_AUDIENCE: 'app',
      AUTH_OIDC_JWKS_URL: 'http://idp.example/jwks',
    };
    expect(faultsOf({ ...production, ...single })).toEqual([
      'AUTH_OIDC_ISSUER must be https in production',
      'AUTH_OIDC_JWKS_URL must be https in production',
    ]);
    const entry = { issuer: 'http://idp.example', audience: 'app', jwks_url: 'http://idp.example/jwks' };
    expect(faultsOfFile([entry], production)).toEqual([
      'AUTH_OIDC_ISSUERS_FILE, entry 1: issuer must be https in production',
      'AUTH_OIDC_ISSUERS_FILE, entry 1: jwks_url must be https in production',
    ]);
  });

  describe('and the proxy on the way to them', () => {
    const one = { AUTH_OIDC_ISSUER: 'https://idp.example', AUTH_OIDC_AUDIENCE: 'app' };
    const proxyOf = (environment: Record<string, string>) => oidc({ ...one, ...environment }).proxy;

    it('is none by default, and NO_PROXY alone is none', () => {
      expect(proxyOf({})).toBeUndefined();
      expect(proxyOf({ NO_PROXY: '*', HTTPS_PROXY: ' ' })).toBeUndefined();
    });

    it('is read as other programs read it: lower case first, a scheme may be left out', () => {
      expect(
        proxyOf({
          HTTPS_PROXY: 'http://upper.example',
          https_proxy: 'user:secret@lower.example:3128',
          HTTP_PROXY: 'https://plain.example',
          http_proxy: '',
          no_proxy: 'localhost,.example',
        }),
      ).toEqual({
        https: 'http://user:secret@lower.example:3128',
        http: 'https://plain.example',
        none: 'localhost,.example',
      });
    });

    it.each(['socks5://user:hunter2@proxy.example', 'http://', 'file:///proxy'])(
      'is refused as %s, without the value, where a provider is asked',
      (value) => {
        expect(faultsOf({ ...one, HTTPS_PROXY: value, HTTP_PROXY: value })).toEqual(
          ['HTTPS_PROXY', 'HTTP_PROXY'].map(
            (name) => `${name} must be the address of an HTTP proxy, such as http://proxy.example:3128`,
          ),
        );
        expect(faultsOf({ HTTPS_PROXY: value })).toEqual([]);
      },
    );
  });
});
