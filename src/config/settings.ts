import { TrustedProxies } from '../common/trusted-proxies';
import { databaseUrl } from './database-url';
import { OIDC_SETTINGS } from './oidc-settings';
import { PROXY_SETTINGS } from './proxy-settings';
import { SIGN_IN_SETTINGS } from './sign-in-settings';
import {
  boolean,
  corsOrigin,
  integer,
  list,
  oneOf,
  optional,
  plainUrl,
  secret,
  setting,
  settingOrEmpty,
  text,
} from './setting';

/**
 * Every environment variable that the service reads, in the order of the documents.
 * A default that depends on `NODE_ENV` stands in `configuration.ts`; its setting is optional here.
 */
export const SETTINGS = {
  environment: setting(
    'NODE_ENV',
    oneOf('development', 'test', 'production'),
    'development',
    '`production` turns the strict rules on',
  ),
  port: setting('PORT', integer(0, 65535), '8001', 'Port that the service listens on; 0 takes a free one'),
  databaseUrl: secret(
    'DATABASE_URL',
    databaseUrl,
    'PostgreSQL 14 or newer; TLS by `?sslmode=verify-full`. Unset outside production: the embedded PostgreSQL, with its data in `.data/`',
  ),
  databaseMigrationUrl: secret(
    'AUTH_DATABASE_MIGRATION_URL',
    databaseUrl,
    'The same database as another role, which migrates and gives the role of `DATABASE_URL` what it needs to serve. Unset: that one migrates',
  ),
  databasePoolSize: setting(
    'AUTH_DATABASE_POOL_SIZE',
    integer(1, 200),
    '10',
    'Connections that one process holds at most',
  ),
  databaseTimeoutMs: setting(
    'AUTH_DATABASE_TIMEOUT_MS',
    integer(100, 1500),
    '1500',
    'Milliseconds that a statement, or the wait for a connection, may take before the answer is 503',
  ),
  jwtSecretKey: secret(
    'AUTH_JWT_SECRET_KEY',
    text,
    'HS256 secret of at least 32 bytes: `openssl rand -base64 48`. Unset in development: one that `.data/` keeps; in tests: a random one for each run',
  ),
  jwtAlgorithm: setting(
    'AUTH_JWT_ALGORITHM',
    oneOf('HS256', 'RS256', 'ES256'),
    'HS256',
    'Algorithm of our own tokens',
  ),
  jwtPrivateKey: secret(
    'AUTH_JWT_PRIVATE_KEY',
    text,
    'PEM private key, line breaks also as `\\n`. RS256 (at least 2048 bits): `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`; ' +
      'ES256: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`',
  ),
  jwtPreviousSecretKeys: secret(
    'AUTH_JWT_PREVIOUS_SECRET_KEYS',
    list(text),
    'HS256 secrets of before, comma-separated: their tokens are accepted as long as they stand here',
  ),
  jwtPreviousPublicKeys: secret(
    'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
    text,
    'PEM public keys of before (or of the next rotation), one after the other: accepted and published as long as they stand here',
  ),
  jwtIssuer: setting('AUTH_JWT_ISSUER', text, 'promptstack-auth', '`iss` of our tokens'),
  jwtAudience: optional('AUTH_JWT_AUDIENCE', text, 'If set: `aud` of our tokens, and required of them'),
  jwtClientId: settingOrEmpty(
    'AUTH_JWT_CLIENT_ID',
    text,
    'promptstack',
    '`client_id` of our tokens, which strict verifiers ask for (RFC 9068 section 2.2). Empty: tokens carry none',
  ),
  accessTokenMinutes: setting(
    'AUTH_JWT_ACCESS_TOKEN_EXPIRE_MINUTES',
    integer(1, 1440),
    '30',
    'Life of an access token in minutes',
  ),
  jwtLeewaySeconds: setting(
    'AUTH_JWT_LEEWAY_SECONDS',
    integer(0, 60),
    '30',
    'Clock difference between machines that is forgiven, in seconds',
  ),
  refreshTokenKey: secret(
    'AUTH_REFRESH_TOKEN_KEY',
    text,
    'Secret of at least 32 bytes that refresh tokens are derived with: `openssl rand -base64 48`. Unset: derived from the signing key',
  ),
  refreshTokenPreviousKeys: secret(
    'AUTH_REFRESH_TOKEN_PREVIOUS_KEYS',
    list(text),
    'Keys of refresh tokens of before (or of the next rotation), comma-separated: retries of what was derived with them are answered',
  ),
  refreshTokenGraceSeconds: setting(
    'AUTH_REFRESH_TOKEN_GRACE_SECONDS',
    integer(0, 300),
    '10',
    'Seconds within which a refresh token may be retried by the same user agent; 0 allows one use, as OWASP ASVS 5.0 (10.4.5) asks',
  ),
  sessionIdleDays: setting(
    'AUTH_SESSION_IDLE_DAYS',
    integer(1, 365),
    '7',
    'Days after which a session ends that is not refreshed',
  ),
  sessionMaxDays: setting(
    'AUTH_SESSION_MAX_DAYS',
    integer(1, 3650),
    '30',
    'Days after which every session ends',
  ),
  cleanupIntervalSeconds: setting(
    'AUTH_CLEANUP_INTERVAL_SECONDS',
    integer(1, 86_400),
    '3600',
    'Seconds between removals of dead sessions',
  ),
  corsOrigins: optional(
    'AUTH_API_CORS_ORIGINS',
    list(corsOrigin),
    'Comma-separated exact origins; `chrome-extension://*`, `moz-extension://*` and `safari-web-extension://*` allow any extension of that browser. ' +
      'Unset outside production: `http://localhost:5173,http://localhost:3000,http://localhost:8000`; in production none',
  ),
  publicUrl: optional(
    'AUTH_PUBLIC_URL',
    plainUrl('http:', 'https:'),
    'Address under which clients reach the service. Unset: `http://localhost:$PORT`',
  ),
  allowDevHeaders: setting(
    'AUTH_ALLOW_DEV_HEADERS',
    boolean,
    'false',
    '`true` lets `X-User-Email` and `X-User-Name` say who calls, and `POST /dev/token` sign anyone in; refused in production',
  ),
  seedFile: optional(
    'AUTH_SEED_FILE',
    text,
    'JSON file of users, teams and domains that are made at start; refused in production. See `docs/integrate/use-it-in-your-tests.md`',
  ),
  ...OIDC_SETTINGS,
  ...PROXY_SETTINGS,
  ...SIGN_IN_SETTINGS,
  rateLimits: setting(
    'AUTH_RATE_LIMITS',
    boolean,
    'true',
    '`false` turns request limits off, once there are any',
  ),
  docs: optional(
    'AUTH_DOCS',
    boolean,
    'Serves `/docs` and `/openapi.json`. Unset: `false` in production, else `true`',
  ),
  logLevel: setting(
    'AUTH_LOG_LEVEL',
    oneOf('debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'Least severe log lines that are written',
  ),
  trustedProxies: optional(
    'AUTH_TRUSTED_PROXIES',
    (value) => TrustedProxies.parse(value),
    'Proxies whose `X-Forwarded-For` is believed: how many stand in front (`1`), or their addresses and networks ' +
      '(`10.0.0.0/8, ::1`). Unset: none',
  ),
  keepAliveSeconds: setting(
    'AUTH_KEEP_ALIVE_SECONDS',
    integer(1, 3600),
    '65',
    'Seconds that a connection may be idle: longer than the idle time-out of the load balancer in front',
  ),
  requestTimeoutSeconds: setting(
    'AUTH_REQUEST_TIMEOUT_SECONDS',
    integer(1, 60),
    '5',
    'Longest time for the whole answer, in seconds',
  ),
  maxConnections: setting(
    'AUTH_MAX_CONNECTIONS',
    integer(10, 100_000),
    '5000',
    'Connections that are open at most; further ones are closed at once. Each needs a file descriptor (`ulimit -n`)',
  ),
  drainSeconds: setting(
    'AUTH_SHUTDOWN_DRAIN_SECONDS',
    integer(0, 60),
    '0',
    'After SIGTERM: seconds of further service while `/health/ready` says 503, for load balancers to notice',
  ),
  shutdownGraceSeconds: setting(
    'AUTH_SHUTDOWN_GRACE_SECONDS',
    integer(1, 120),
    '10',
    'After draining: seconds that requests under way have to finish',
  ),
} as const;
