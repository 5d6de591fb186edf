import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from './configuration';
import type { Environment } from './environment';

const SAFE = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgresql://auth:pw@db.example.com/auth?sslmode=verify-full',
  AUTH_JWT_SECRET_KEY: 'q3V9-mR7_tX1zLw8Kp5sYc2Bn6Hd4Fg0',
  AUTH_PUBLIC_URL: 'https://auth.example.com',
  AUTH_AUDIT_KEY: 'w5Tz-nQ2_hXc8VbL4RmY7pKd1Js6Fg9A0e',
};
const PROVIDER = { AUTH_OIDC_ISSUER: 'https://idp.example.com', AUTH_OIDC_AUDIENCE: 'app' };
const VALIDATE = 'POST /auth/validate asks for no credential: let nobody but your own services reach it';

const warnings = (change: Environment = {}) => loadConfiguration({ ...SAFE, ...change }).warnings;

describe('R82: what production warns of at each start', () => {
  it('is the open validation alone when everything else is safe (D7)', () => {
    expect(warnings()).toEqual([VALIDATE]);
  });

  it('is nothing when validation asks for a credential (D7)', () => {
    expect(warnings({ AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true' })).toEqual([]);
  });

  it.each<[string, Environment, RegExp]>([
    ['a database without TLS', { DATABASE_URL: 'postgresql://auth:pw@db/auth' }, /^DATABASE_URL .* verified/],
    ['one on this machine', { DATABASE_URL: 'postgresql://auth:pw@127.0.0.1/auth' }, /^DATABASE_URL /],
    ['one whose TLS is off', { DATABASE_URL: 'postgresql://db/auth?sslmode=disable' }, /^DATABASE_URL /],
    ['one that proves nothing', { DATABASE_URL: 'postgresql://db/auth?sslmode=no-verify' }, /^DATABASE_URL /],
    [
      'the same for the role that migrates',
      { AUTH_DATABASE_MIGRATION_URL: 'postgresql://owner@db/auth' },
      /^AUTH_DATABASE_MIGRATION_URL .* verified/,
    ],
    [
      'one that proves nothing, in the words of libpq',
      { DATABASE_URL: 'postgresql://db/auth?uselibpqcompat=true&sslmode=require' },
      /^DATABASE_URL /,
    ],
    ['no public address', { AUTH_PUBLIC_URL: '' }, /^AUTH_PUBLIC_URL is not set/],
    [
      'a public address in clear',
      { AUTH_PUBLIC_URL: 'http://auth.example.com' },
      /^AUTH_PUBLIC_URL is not https/,
    ],
    [
      'an origin in clear',
      { AUTH_API_CORS_ORIGINS: 'https://app.example.com,http://old.example.com' },
      /^AUTH_API_CORS_ORIGINS /,
    ],
    ['trusted addresses', { ...PROVIDER, AUTH_OIDC_TRUST_EMAIL: 'true' }, /^AUTH_OIDC_TRUST_EMAIL /],
    ['no blocklist', { AUTH_PASSWORD_BLOCKLIST: 'false' }, /^AUTH_PASSWORD_BLOCKLIST /],
    ['a long grace', { AUTH_REFRESH_TOKEN_GRACE_SECONDS: '61' }, /^AUTH_REFRESH_TOKEN_GRACE_SECONDS .* 60/],
    ['a quiet log', { AUTH_LOG_LEVEL: 'warn' }, /^AUTH_LOG_LEVEL is warn: requests are not in the log/],
    ['a quieter one', { AUTH_LOG_LEVEL: 'error' }, /^AUTH_LOG_LEVEL is error: .*outages/],
    ['none', { AUTH_LOG_LEVEL: 'silent' }, /^AUTH_LOG_LEVEL is silent/],
  ])('%s', (_what, change, expected) => {
    expect(warnings(change)).toEqual([VALIDATE, expect.stringMatching(expected)]);
  });

  it.each<[string, Environment]>([
    ['the socket of a database', { DATABASE_URL: 'postgresql:///auth?host=/var/run/postgresql' }],
    ['one in the short form', { DATABASE_URL: '/var/run/postgresql auth' }],
    ['a grace of a minute', { AUTH_REFRESH_TOKEN_GRACE_SECONDS: '60' }],
    ['more log', { AUTH_LOG_LEVEL: 'debug' }],
    ['the origins of extensions', { AUTH_API_CORS_ORIGINS: 'https://app.example.com,chrome-extension://*' }],
    [
      'no blocklist where no password counts',
      { ...PROVIDER, AUTH_PASSWORD_SIGN_IN: 'false', AUTH_PASSWORD_BLOCKLIST: 'false' },
    ],
  ])('but not of %s', (_what, change) => expect(warnings(change)).toEqual([VALIDATE]));

  it('trusted addresses of listed providers', () => {
    const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-warnings-'));
    const file = join(directory, 'issuers.json');
    const issuer = (name: string, trust_email: boolean) => ({
      issuer: `https://${name}.example.com`,
      audience: 'app',
      trust_email,
    });
    writeFileSync(file, JSON.stringify([issuer('a', true), issuer('b', false), issuer('c', true)]));
    try {
      expect(warnings({ AUTH_OIDC_ISSUERS_FILE: file })).toEqual([
        VALIDATE,
        expect.stringMatching(/^AUTH_OIDC_ISSUERS_FILE: trust_email is on for 2 of the providers/),
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('nothing of it elsewhere', () => {
    expect(warnings({ NODE_ENV: 'test', AUTH_PUBLIC_URL: '', AUTH_LOG_LEVEL: 'error' })).toEqual([]);
  });
});
