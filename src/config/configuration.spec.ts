import { TrustedProxies } from '../common/trusted-proxies';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from './configuration';
import { ConfigurationError } from './configuration-error';
import type { Environment } from './environment';

const GOOD_SECRET = 'q3V9-mR7_tX1zLw8Kp5sYc2Bn6Hd4Fg0';
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://auth:pw@db.example.com/auth?sslmode=verify-full',
  AUTH_JWT_SECRET_KEY: GOOD_SECRET,
};
/** The key of RFC 7515 appendix A.3.1. */
const RFC7515_A3 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const OIDC = { AUTH_OIDC_ISSUER: 'https://idp.example.com', AUTH_OIDC_AUDIENCE: 'client' };

/** The faults of a configuration, none when it is good. */
function faultsOf(environment: Environment): readonly string[] {
  try {
    loadConfiguration(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

function pem(type: 'rsa' | 'ec', options: object): string {
  const { privateKey } = generateKeyPairSync(type as 'rsa', options as { modulusLength: number });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

describe('loadConfiguration', () => {
  describe('without any variable', () => {
    const { warnings, ...slices } = loadConfiguration({});
    const { http, database, tokens, passwords, sessions, federation, development, logging } = slices;

    it('has the defaults of the contract', () => {
      expect(http).toEqual({
        production: false,
        workers: 1,
        port: 8001,
        publicUrl: 'http://localhost:8001',
        validateRequiresCredential: false,
        requestTimeoutSeconds: 5,
        maxConnections: 5000,
        keepAliveSeconds: 65,
        corsOrigins: ['http://localhost:5173', 'http://localhost:3000', 'http://localhost:8000'],
        docsEnabled: true,
        trustedProxies: TrustedProxies.none,
        drainSeconds: 0,
        shutdownGraceSeconds: 10,
      });
      expect(logging.level).toBe('info');
      expect(database).toEqual({
        url: undefined,
        poolSize: 10,
        timeoutMs: 1500,
        revocationBoundMs: 2000,
        identityCacheMb: 64,
      });
      expect(development).toEqual({ devHeaders: false, seedFile: undefined });
      expect(tokens).toMatchObject({
        signingKey: { algorithm: 'HS256', kid: undefined },
        verificationKeys: [tokens.signingKey],
        issuer: 'promptstack-auth',
        audience: undefined,
        accessTokenSeconds: 1800,
        leewaySeconds: 30,
      });
      expect(passwords).toEqual({
        registration: 'open',
        signIn: true,
        minLength: 8,
        blocklist: false,
        hashCost: 12,
        hashWorkers: Math.max(2, availableParallelism() - 1),
        hashQueue: 200,
      });
      expect(federation.issuers).toEqual([]);
      expect(sessions).toEqual({
        graceSeconds: 10,
        refreshTokenKeys: [expect.any(Buffer)],
        idleDays: 7,
        maxDays: 30,
        cleanupIntervalSeconds: 3600,
      });
    });

    it('makes a secret of its own, says so, and makes another one next time', () => {
      expect(warnings).toEqual([expect.stringMatching(/^AUTH_JWT_SECRET_KEY is not set: a random secret/)]);
      expect(tokens.signingKey.key.symmetricKeySize).toBeGreaterThanOrEqual(32);
      expect(loadConfiguration({}).tokens.signingKey.key.equals(tokens.signingKey.key)).toBe(false);
    });
  });

  it('has stricter defaults in production', () => {
    const { http, development, passwords, warnings } = loadConfiguration(PRODUCTION);
    expect(http).toMatchObject({ production: true, corsOrigins: [], docsEnabled: false });
    expect(development.devHeaders).toBe(false);
    expect(passwords).toMatchObject({ blocklist: true });
    expect(warnings).not.toContainEqual(expect.stringMatching(/BLOCKLIST|CORS/));
  });

  it('takes what is set over what depends on the environment', () => {
    const { http, passwords } = loadConfiguration({
      ...PRODUCTION,
      AUTH_DOCS: 'true',
      AUTH_PASSWORD_BLOCKLIST: 'false',
      AUTH_API_CORS_ORIGINS: 'https://app.example.com, chrome-extension://*,',
      AUTH_PUBLIC_URL: 'https://auth.example.com',
    });
    expect(http).toMatchObject({
      docsEnabled: true,
      corsOrigins: ['https://app.example.com', 'chrome-extension://*'],
      publicUrl: 'https://auth.example.com',
    });
    expect(passwords.blocklist).toBe(false);
  });

  describe('values', () => {
    it.each([
      ['NODE_ENV', 'Production'],
      ['NODE_ENV', 'prod'],
      ['PORT', '65536'],
      ['PORT', '80.5'],
      ['PORT', '0x50'],
      ['PORT', '-1'],
      ['PORT', '8001 # the port'],
      ['DATABASE_URL', 'mysql://db/auth'],
      ['DATABASE_URL', 'db.example.com:5432'],
      ['DATABASE_URL', 'postgres:auth'],
      ['AUTH_DATABASE_TIMEOUT_MS', '1501'],
      ['AUTH_REQUEST_TIMEOUT_SECONDS', '0'],
      ['AUTH_REQUEST_TIMEOUT_SECONDS', '61'],
      ['AUTH_JWT_ALGORITHM', 'none'],
      ['AUTH_JWT_ALGORITHM', 'hs256'],
      ['AUTH_JWT_ACCESS_TOKEN_EXPIRE_MINUTES', '0'],
      ['AUTH_JWT_LEEWAY_SECONDS', '61'],
      ['AUTH_ALLOW_DEV_HEADERS', 'yes'],
      ['AUTH_ALLOW_DEV_HEADERS', 'TRUE'],
      ['AUTH_PASSWORD_MIN_LENGTH', '7'],
      ['AUTH_PASSWORD_HASH_COST', '3'],
      ['AUTH_OIDC_JWKS_URL', 'file:///keys.json'],
      ['AUTH_PUBLIC_URL', 'http:auth.example.com'],
      ['AUTH_LOG_LEVEL', 'trace'],
    ])('refuses %s=%s', (name, value) => {
      expect(faultsOf({ ...OIDC, [name]: value })).toEqual([
        expect.stringMatching(new RegExp(`^${name} must be `)),
      ]);
    });

    it.each([
      ['1', true],
      ['true', true],
      ['0', false],
      ['false', false],
      [' true ', true],
    ])('reads the boolean %p', (text, value) => {
      expect(loadConfiguration({ AUTH_ALLOW_DEV_HEADERS: text }).development.devHeaders).toBe(value);
    });

    it('takes an empty variable as unset', () => {
      const { http, database, tokens } = loadConfiguration({
        PORT: '',
        DATABASE_URL: '  ',
        AUTH_JWT_AUDIENCE: '',
        AUTH_JWT_SECRET_KEY: '',
      });
      expect(http.port).toBe(8001);
      expect(database.url).toBeUndefined();
      expect(tokens.audience).toBeUndefined();
    });

    it('warns of a name of ours that it does not know, and goes on', () => {
      const { warnings } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        AUTH_JWT_SECRET: 'a-typo-that-would-be-a-secret',
        AUTH_JWT_ISSUER_FILE: '/only/secrets/have/files',
        SOMETHING_ELSE: 'x',
      });
      expect(warnings).toEqual([
        'AUTH_JWT_SECRET is not a setting of this service; it has no effect',
        'AUTH_JWT_ISSUER_FILE is not a setting of this service; it has no effect: only secrets have the form NAME_FILE',
      ]);
    });

    it('warns of a name in the wrong letters, of a file that nobody reads, and of quotes in a value', () => {
      const { warnings } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        auth_jwt_issuer: 'x',
        Database_Url: 'postgresql://marked',
        PORT_FILE: '/marked',
        https_proxy: 'http://proxy.example.com:3128',
        no_proxy: 'localhost',
        AUTH_JWT_AUDIENCE: '"marked"',
        AUTH_JWT_ISSUER: "it's",
      });
      expect(warnings).toEqual([
        'auth_jwt_issuer has no effect: names of settings are in capitals',
        'Database_Url has no effect: names of settings are in capitals',
        'PORT_FILE is not a setting of this service; it has no effect: only secrets have the form NAME_FILE',
        "AUTH_JWT_AUDIENCE begins and ends with a quote, which is part of its value: Docker's --env-file keeps quotes",
      ]);
    });

    it('passes over the service links of Kubernetes, also one with the name of a setting', () => {
      const links = (service: string, port: number) => ({
        [`${service}_SERVICE_HOST`]: '10.0.171.239',
        [`${service}_SERVICE_PORT`]: String(port),
        [`${service}_SERVICE_PORT_HTTP`]: String(port),
        [`${service}_PORT`]: `tcp://10.0.171.239:${port}`,
        [`${service}_PORT_${port}_TCP`]: `tcp://10.0.171.239:${port}`,
        [`${service}_PORT_${port}_TCP_PROTO`]: 'tcp',
        [`${service}_PORT_${port}_TCP_PORT`]: String(port),
        [`${service}_PORT_${port}_TCP_ADDR`]: '10.0.171.239',
      });
      const { warnings } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        ...links('AUTH', 8001),
        ...links('AUTH_SERVICE', 8001),
        ...links('AUTH_PUBLIC_WEB', 80),
        ...links('AUTH_METRICS', 9090),
      });
      expect(warnings).toEqual([]);
      const typo = loadConfiguration({ AUTH_JWT_SECRET_KEY: GOOD_SECRET, AUTH_JWT_PORT: '1' });
      expect(typo.warnings).toEqual(['AUTH_JWT_PORT is not a setting of this service; it has no effect']);
    });
  });

  it('reports all faults in one message', () => {
    const environment = {
      NODE_ENV: 'production',
      PORT: 'eighty',
      AUTH_ALLOW_DEV_HEADERS: 'true',
      AUTH_API_CORS_ORIGINS: '*',
      AUTH_OIDC_AUDIENCE: 'client',
    };
    expect(() => loadConfiguration(environment)).toThrow(
      [
        'The configuration has faults:',
        '  - PORT must be a whole number from 0 to 65535',
        '  - AUTH_API_CORS_ORIGINS must not hold a wildcard; only chrome-extension://*, moz-extension://*, safari-web-extension://* are allowed',
        '  - AUTH_JWT_SECRET_KEY is required in production',
        '  - AUTH_OIDC_ISSUER is required when AUTH_OIDC_AUDIENCE is set',
        '  - DATABASE_URL is required in production',
        '  - AUTH_ALLOW_DEV_HEADERS must not be true in production',
      ].join('\n'),
    );
  });

  describe('secrets in files', () => {
    let directory: string;
    beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'auth-config-'))));
    afterAll(() => rmSync(directory, { recursive: true }));

    function file(name: string, content: string | Buffer): string {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    }

    it('reads every secret from the file that NAME_FILE names, without the line break at its end', () => {
      const { database, tokens } = loadConfiguration({
        DATABASE_URL_FILE: file('url', `${PRODUCTION.DATABASE_URL}\n`),
        AUTH_JWT_ALGORITHM: 'ES256',
        AUTH_JWT_PRIVATE_KEY_FILE: file('key.pem', pem('ec', { namedCurve: 'P-256' })),
      });
      expect(database.url).toBe(PRODUCTION.DATABASE_URL);
      expect(tokens.signingKey.algorithm).toBe('ES256');

      const hmac = loadConfiguration({ AUTH_JWT_SECRET_KEY_FILE: file('secret', `${GOOD_SECRET}\n`) });
      expect(hmac.tokens.signingKey.key.export().toString()).toBe(GOOD_SECRET);
    });

    it.each([
      ['with a byte order mark and CRLF', (text: string) => Buffer.from(`\uFEFF${text}\r\n`)],
      ['in UTF-16', (text: string) => Buffer.from(`\uFEFF${text}\r\n`, 'utf16le')],
      ['in UTF-16 without a mark', (text: string) => Buffer.from(`${text}\n`, 'utf16le')],
    ])('reads a file %s as the same secret', (_how, encode) => {
      const secret = loadConfiguration({ AUTH_JWT_SECRET_KEY_FILE: file('encoded', encode(GOOD_SECRET)) });
      expect(secret.tokens.signingKey.key.export().toString()).toBe(GOOD_SECRET);
      const key = loadConfiguration({
        AUTH_JWT_ALGORITHM: 'ES256',
        AUTH_JWT_PRIVATE_KEY_FILE: file(
          'pem',
          encode(pem('ec', { namedCurve: 'P-256' }).replaceAll('\n', '\r\n')),
        ),
      });
      expect(key.tokens.signingKey.algorithm).toBe('ES256');
      const issuers = [{ issuer: 'https://login.example.com', audience: 'client' }];
      const { federation } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        AUTH_OIDC_ISSUERS_FILE: file('issuers', encode(JSON.stringify(issuers))),
      });
      expect(federation.issuers).toHaveLength(1);
    });

    it('R87: refuses a file that is no text: bytes that a reader replaces would be another secret', () => {
      const path = file('binary', Buffer.from([0xc3, 0x28, ...Buffer.alloc(40, 0xa0)]));
      expect(faultsOf({ AUTH_JWT_SECRET_KEY_FILE: path })).toEqual([
        'AUTH_JWT_SECRET_KEY is no text in UTF-8 or UTF-16 in the file that AUTH_JWT_SECRET_KEY_FILE names: write a secret of bytes as text, in base64 for example',
      ]);
      expect(faultsOf({ AUTH_JWT_SECRET_KEY: GOOD_SECRET, AUTH_OIDC_ISSUERS_FILE: path })).toEqual([
        'AUTH_OIDC_ISSUERS_FILE is no text in UTF-8 or UTF-16',
      ]);
    });

    it('checks what the file holds like the variable', () => {
      const path = file('short', 'short');
      expect(faultsOf({ AUTH_JWT_SECRET_KEY_FILE: path })).toEqual([
        'AUTH_JWT_SECRET_KEY must have at least 32 bytes',
      ]);
      expect(faultsOf({ DATABASE_URL_FILE: path })).toEqual([
        expect.stringMatching(/^DATABASE_URL must be a URL/),
      ]);
    });

    it('refuses both forms at once', () => {
      expect(
        faultsOf({ AUTH_JWT_SECRET_KEY: GOOD_SECRET, AUTH_JWT_SECRET_KEY_FILE: file('both', GOOD_SECRET) }),
      ).toEqual(['AUTH_JWT_SECRET_KEY and AUTH_JWT_SECRET_KEY_FILE must not both be set']);
    });

    it('refuses a file that is missing, a directory or empty, without its path', () => {
      for (const path of [join(directory, 'missing'), directory, file('empty', ' \n')]) {
        const [fault = '', ...others] = faultsOf({
          ...PRODUCTION,
          DATABASE_URL: '',
          DATABASE_URL_FILE: path,
        });
        expect(fault).toMatch(/^DATABASE_URL .* file that DATABASE_URL_FILE names/);
        expect(fault).not.toContain(directory);
        expect(others).toEqual(['DATABASE_URL is required in production']);
      }
    });
  });

  describe('in production', () => {
    it.each([
      ['no DATABASE_URL', { DATABASE_URL: undefined }, 'DATABASE_URL is required in production'],
      ['no secret', { AUTH_JWT_SECRET_KEY: undefined }, 'AUTH_JWT_SECRET_KEY is required in production'],
      [
        'no private key for RS256',
        { AUTH_JWT_ALGORITHM: 'RS256' },
        'AUTH_JWT_PRIVATE_KEY is required with AUTH_JWT_ALGORITHM=RS256',
      ],
      [
        'no private key for ES256',
        { AUTH_JWT_ALGORITHM: 'ES256' },
        'AUTH_JWT_PRIVATE_KEY is required with AUTH_JWT_ALGORITHM=ES256',
      ],
      [
        'a secret of 31 bytes',
        { AUTH_JWT_SECRET_KEY: GOOD_SECRET.slice(1) },
        'AUTH_JWT_SECRET_KEY must have at least 32 bytes',
      ],
      [
        'development headers',
        { AUTH_ALLOW_DEV_HEADERS: '1' },
        'AUTH_ALLOW_DEV_HEADERS must not be true in production',
      ],
      [
        'a wildcard origin',
        { AUTH_API_CORS_ORIGINS: 'https://*.example.com' },
        'AUTH_API_CORS_ORIGINS must not hold a wildcard; only chrome-extension://*, moz-extension://*, safari-web-extension://* are allowed',
      ],
      [
        'an issuer over http',
        { ...OIDC, AUTH_OIDC_ISSUER: 'http://idp.example.com' },
        'AUTH_OIDC_ISSUER must be https in production',
      ],
      [
        'a key set over http',
        { ...OIDC, AUTH_OIDC_JWKS_URL: 'http://idp.example.com/jwks' },
        'AUTH_OIDC_JWKS_URL must be https in production',
      ],
      [
        'a cheap hash',
        { AUTH_PASSWORD_HASH_COST: '9' },
        'AUTH_PASSWORD_HASH_COST must be at least 10 in production',
      ],
    ])('refuses %s', (_what, change: Environment, fault) => {
      expect(faultsOf({ ...PRODUCTION, ...change })).toEqual([fault]);
    });

    it.each([
      'your-secret-key-change-in-production',
      'Your-Secret-Key-Change-In-Production',
      'YOUR-SECRET-KEY-CHANGE-IN-PRODUCTION',
      'your-secret-keyyour-secret-keyyour-secret-key',
      'change-me-in-production-change-me-in-production',
      'ChangeMeChangeMeChangeMeChangeMe',
      'secretsecretsecretsecretsecretsecret',
      'secret-secret-secret-secret-secret',
      'a'.repeat(64),
      'abababababababababababababababababab',
      '0123456789012345678901234567890123456789',
      'correct horse correct horse correct horse',
    ])('refuses the guessable secret %s', (secret) => {
      const faults = faultsOf({ ...PRODUCTION, AUTH_JWT_SECRET_KEY: secret });
      expect(faults).toEqual([
        'AUTH_JWT_SECRET_KEY must not be a known example or easy to guess in production',
      ]);
    });

    it.each([
      ['base64', 'mVb4zWQ0f3y7Jt1cR8sKp2Xn5Hd6Lg9aEoUiTqYwBvM='],
      ['hexadecimal', '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    ])('takes a random secret in %s', (_form, secret) => {
      expect(faultsOf({ ...PRODUCTION, AUTH_JWT_SECRET_KEY: secret })).toEqual([]);
    });

    it('refuses the examples of specifications as keys, private and public', () => {
      const example = createPrivateKey({ key: RFC7515_A3, format: 'jwk' });
      const privatePem = example.export({ format: 'pem', type: 'pkcs8' }) as string;
      const publicPem = createPublicKey(example).export({ format: 'pem', type: 'spki' }) as string;
      const signing = { AUTH_JWT_ALGORITHM: 'ES256', AUTH_JWT_PRIVATE_KEY: privatePem };
      expect(faultsOf({ ...PRODUCTION, ...signing })).toEqual([
        'AUTH_JWT_PRIVATE_KEY must not be a key whose private part is published',
      ]);
      expect(faultsOf({ ...PRODUCTION, AUTH_JWT_PREVIOUS_PUBLIC_KEYS: publicPem })).toEqual([
        'AUTH_JWT_PREVIOUS_PUBLIC_KEYS must not be a key whose private part is published',
      ]);
      expect(faultsOf(signing)).toEqual([]);
    });

    it('never says a value', () => {
      const secrets = {
        NODE_ENV: 'production',
        DATABASE_URL: 'mysql://operator:hunter2-database@db/auth',
        AUTH_JWT_SECRET_KEY: 'hunter2-short',
        AUTH_JWT_ALGORITHM: 'RS256',
        AUTH_JWT_PRIVATE_KEY: 'hunter2-no-key',
        AUTH_API_CORS_ORIGINS: 'https://hunter2.example.com/path',
        AUTH_OIDC_ISSUER: 'http://hunter2.example.com',
      };
      const message = faultsOf(secrets).join('\n');
      expect(message).toMatch(/DATABASE_URL[^]*AUTH_API_CORS_ORIGINS[^]*AUTH_JWT_PRIVATE_KEY/);
      expect(message).not.toContain('hunter2');
    });

    it('lets the same example secret pass elsewhere, with a warning', () => {
      const { warnings } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: 'your-secret-key-change-in-production',
      });
      expect(warnings).toEqual([
        'AUTH_JWT_SECRET_KEY is a known example or easy to guess; production refuses it',
      ]);
    });
  });

  describe('the secret outside production', () => {
    it.each(['development', 'test'])('has 32 bytes at least in %s too', (environment) => {
      expect(faultsOf({ NODE_ENV: environment, AUTH_JWT_SECRET_KEY: 'x'.repeat(31) })).toEqual([
        'AUTH_JWT_SECRET_KEY must have at least 32 bytes',
      ]);
    });

    it('is counted in bytes of UTF-8', () => {
      expect(faultsOf({ AUTH_JWT_SECRET_KEY: 'ü'.repeat(16) })).toEqual([]);
    });
  });

  describe('origins', () => {
    it.each([
      'https://app.example.com',
      'http://localhost:5173',
      'http://[::1]:3000',
      'https://xn--bcher-kva.example',
      'chrome-extension://*',
      'moz-extension://*',
      'safari-web-extension://*',
      'safari-web-extension://E5C3A8A0-1B2C-4D5E-8F90-0A1B2C3D4E5F',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    ])('takes %s', (origin) => {
      expect(loadConfiguration({ AUTH_API_CORS_ORIGINS: origin }).http.corsOrigins).toEqual([origin]);
    });

    it.each([
      '*',
      'null',
      'https://*',
      'https://*.example.com',
      'chrome-extension://a*',
      'extension://*',
      'moz-extension://*.example',
      'https://app.example.com/',
      'https://app.example.com/path',
      'https://app.example.com?x=1',
      'https://user@app.example.com',
      'https://app.example.com:443',
      'https://App.example.com',
      'HTTPS://app.example.com',
      'https://bücher.example',
      'https://app.example.com:99999',
      'app.example.com',
      'https://a.example https://b.example',
    ])('refuses %s', (origin) => {
      expect(faultsOf({ AUTH_API_CORS_ORIGINS: `https://good.example,${origin}` })).toEqual([
        expect.stringMatching(/^AUTH_API_CORS_ORIGINS must /),
      ]);
    });
  });

  describe('signing keys', () => {
    it.each([
      ['RS256', pem('rsa', { modulusLength: 2048 })],
      ['ES256', pem('ec', { namedCurve: 'P-256' })],
    ])('takes a good key for %s, also with its line breaks written as \\n', (algorithm, key) => {
      for (const text of [key, key.replaceAll('\n', '\\n')]) {
        const { tokens, warnings } = loadConfiguration({
          AUTH_JWT_ALGORITHM: algorithm,
          AUTH_JWT_PRIVATE_KEY: text,
        });
        expect(tokens.signingKey).toMatchObject({ algorithm, kid: expect.stringMatching(/^[\w-]{43}$/) });
        expect(warnings).toEqual([
          'AUTH_REFRESH_TOKEN_KEY is not set: set it before you rotate AUTH_JWT_PRIVATE_KEY',
        ]);
      }
    });

    it.each([
      ['RS256', 'a short RSA key', pem('rsa', { modulusLength: 1024 })],
      ['RS256', 'an EC key', pem('ec', { namedCurve: 'P-256' })],
      ['RS256', 'no PEM', GOOD_SECRET],
      ['ES256', 'a key on P-384', pem('ec', { namedCurve: 'P-384' })],
      ['ES256', 'an RSA key', pem('rsa', { modulusLength: 2048 })],
    ])('refuses for %s %s', (algorithm, _what, key) => {
      expect(faultsOf({ AUTH_JWT_ALGORITHM: algorithm, AUTH_JWT_PRIVATE_KEY: key })).toEqual([
        expect.stringMatching(/^AUTH_JWT_PRIVATE_KEY must be /),
      ]);
    });
  });

  describe('keys of before', () => {
    const OLD_SECRET = 'W8k2_fT6yQ0sJ4hN9vB1xC3zL5mR7pDg';
    const publicPem = (key: string) => createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;

    it('verify beside the one that signs, each once', () => {
      const rsa = pem('rsa', { modulusLength: 2048 });
      const ec = pem('ec', { namedCurve: 'P-256' });
      const { tokens, sessions } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        AUTH_JWT_PREVIOUS_SECRET_KEYS: `${OLD_SECRET}, ${GOOD_SECRET}`,
        AUTH_JWT_PREVIOUS_PUBLIC_KEYS: publicPem(rsa) + publicPem(ec),
      });
      const { signingKey, verificationKeys } = tokens;
      expect(signingKey.key.export().toString()).toBe(GOOD_SECRET);
      expect(verificationKeys.map(({ algorithm }) => algorithm)).toEqual([
        'HS256',
        'RS256',
        'ES256',
        'HS256',
      ]);
      expect(verificationKeys.at(-1)?.key.export().toString()).toBe(OLD_SECRET);
      expect(sessions.refreshTokenKeys.length).toBeGreaterThanOrEqual(2);
    });

    it.each([
      ['AUTH_JWT_PREVIOUS_SECRET_KEYS', `${OLD_SECRET},short`, 'must have at least 32 bytes'],
      [
        'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
        'no PEM',
        'must be public keys in PEM form, one after the other, and nothing else',
      ],
      [
        'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
        pem('ec', { namedCurve: 'P-256' }),
        'must be public keys in PEM form',
      ],
      ['AUTH_REFRESH_TOKEN_KEY', 'short', 'must have at least 32 bytes'],
      ['AUTH_REFRESH_TOKEN_PREVIOUS_KEYS', 'short', 'must have at least 32 bytes'],
    ])('%s is refused when it %#', (name, value, fault) => {
      expect(faultsOf({ AUTH_JWT_SECRET_KEY: GOOD_SECRET, [name]: value })).toEqual([`${name} ${fault}`]);
    });

    it.each(['AUTH_JWT_PREVIOUS_SECRET_KEYS', 'AUTH_REFRESH_TOKEN_KEY', 'AUTH_REFRESH_TOKEN_PREVIOUS_KEYS'])(
      '%s is refused in production when it can be guessed',
      (name) => {
        expect(faultsOf({ ...PRODUCTION, [name]: 'your-secret-key-change-in-production' })).toEqual([
          `${name} must not be a known example or easy to guess in production`,
        ]);
        expect(faultsOf({ ...PRODUCTION, [name]: OLD_SECRET })).toEqual([]);
      },
    );

    it('a key of its own for refresh tokens goes before the derived ones', () => {
      const { sessions } = loadConfiguration({
        AUTH_JWT_SECRET_KEY: GOOD_SECRET,
        AUTH_REFRESH_TOKEN_KEY: OLD_SECRET,
      });
      const derived = loadConfiguration({ AUTH_JWT_SECRET_KEY: GOOD_SECRET }).sessions.refreshTokenKeys;
      expect(sessions.refreshTokenKeys).toEqual([Buffer.from(OLD_SECRET), ...derived]);
    });
  });

  describe('R73: registration and password sign-in', () => {
    it.each<[string, unknown]>([
      ['open', 'open'],
      ['closed', 'closed'],
      ['example.com', { domains: ['example.com'] }],
      [' Example.COM ,, bücher.example, ', { domains: ['example.com', 'xn--bcher-kva.example'] }],
    ])('AUTH_REGISTRATION=%s is read as %j', (value, expected) =>
      expect(loadConfiguration({ AUTH_REGISTRATION: value }).passwords.registration).toEqual(expected),
    );

    it.each(['OPEN', 'closed,example.com', 'localhost', '10.0.0.1', 'example.com.', 'a_b.example', ','])(
      'AUTH_REGISTRATION=%s is a fault',
      (value) =>
        expect(faultsOf({ AUTH_REGISTRATION: value })).toEqual([
          'AUTH_REGISTRATION must be open, closed, or a comma-separated list of address domains such as example.com',
        ]),
    );

    it('AUTH_PASSWORD_SIGN_IN=false warns when there is no other way in', () => {
      const warned = (environment: Environment) =>
        loadConfiguration(environment).warnings.some((warning) =>
          warning.startsWith('AUTH_PASSWORD_SIGN_IN'),
        );
      expect(warned({ AUTH_PASSWORD_SIGN_IN: 'false' })).toBe(true);
      expect(warned({ AUTH_PASSWORD_SIGN_IN: 'false', ...OIDC })).toBe(false);
      expect(warned({ AUTH_PASSWORD_SIGN_IN: 'false', AUTH_ALLOW_DEV_HEADERS: 'true' })).toBe(false);
      expect(warned({})).toBe(false);
    });
  });

  it('hands out slices that nobody can change, however deep', () => {
    const { http, database, tokens, passwords, sessions, federation } = loadConfiguration(OIDC);
    for (const part of [
      http,
      http.corsOrigins,
      database,
      tokens,
      tokens.signingKey,
      tokens.verificationKeys,
      passwords,
      federation,
      federation.issuers,
      federation.issuers[0]?.audiences,
      sessions,
      sessions.refreshTokenKeys,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});
