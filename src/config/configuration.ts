import { availableParallelism } from 'node:os';
import { TrustedProxies } from '../common/trusted-proxies';
import { AuthConfig, type OidcConfig } from './auth.config';
import { ConfigurationError } from './configuration-error';
import { DatabaseConfig } from './database.config';
import { DevelopmentConfig } from './development.config';
import { withProxyNames } from './egress-proxy';
import type { Environment, ProcessEnvironment } from './environment';
import { HttpConfig } from './http.config';
import { readKeys, type KeySettings } from './key-settings';
import { oidcConfig } from './oidc-config';
import { productionWarnings } from './production-warnings';
import { readSettings, type SettingValues } from './read-settings';
import { SessionConfig } from './session.config';
import { productionFaults } from './production-rules';

/** The whole configuration, parsed and checked. */
export interface Configuration {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly auth: AuthConfig;
  readonly sessions: SessionConfig;
  readonly development: DevelopmentConfig;
  /** What an operator should know although the service can start; names settings, never values. */
  readonly warnings: readonly string[];
}

type Findings = Pick<ProcessEnvironment, 'faults' | 'warnings'>;

const DEVELOPMENT_ORIGINS = ['http://localhost:5173', 'http://localhost:3000', 'http://localhost:8000'];

/**
 * Reads and checks every setting. Throws a ConfigurationError that lists all faults together.
 *
 * @param found faults and warnings that reading the variables has found already
 */
export function loadConfiguration(environment: Environment, found?: Findings): Configuration {
  const { values, faults, warnings } = readSettings(withProxyNames(environment));
  faults.unshift(...(found?.faults ?? []));
  warnings.unshift(...(found?.warnings ?? []));
  const keys = readKeys(values, faults, warnings);
  const oidc = oidcConfig(values, faults);
  if (values.databaseMigrationUrl !== undefined && values.databaseUrl === undefined) {
    faults.push('DATABASE_URL is required when AUTH_DATABASE_MIGRATION_URL is set');
  }
  warnings.push(...signInWarnings(values, oidc));
  if (values.environment === 'production') faults.push(...productionFaults(values));
  if (faults.length > 0 || keys === undefined) throw new ConfigurationError(faults);
  if (values.environment === 'production') warnings.push(...productionWarnings(values, oidc));
  return {
    http: httpConfig(values),
    database: databaseConfig(values),
    auth: authConfig(values, keys, oidc),
    sessions: sessionConfig(values, keys),
    development: new DevelopmentConfig({ seedFile: values.seedFile, tokens: values.allowDevHeaders }),
    warnings,
  };
}

function signInWarnings(values: SettingValues, oidc: OidcConfig | undefined): string[] {
  return values.passwordSignIn || oidc || values.allowDevHeaders
    ? []
    : [
        'AUTH_PASSWORD_SIGN_IN is false and there is no other way to sign in: name a provider (AUTH_OIDC_ISSUER)',
      ];
}

function httpConfig(values: SettingValues): HttpConfig {
  const production = values.environment === 'production';
  return new HttpConfig({
    production,
    port: values.port,
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    corsOrigins: values.corsOrigins ?? (production ? [] : DEVELOPMENT_ORIGINS),
    docsEnabled: values.docs ?? !production,
    logLevel: values.logLevel,
    trustedProxies: values.trustedProxies ?? TrustedProxies.none,
    requestTimeoutSeconds: values.requestTimeoutSeconds,
    maxConnections: values.maxConnections,
    keepAliveSeconds: values.keepAliveSeconds,
    drainSeconds: values.drainSeconds,
    shutdownGraceSeconds: values.shutdownGraceSeconds,
  });
}

function databaseConfig(values: SettingValues): DatabaseConfig {
  return new DatabaseConfig({
    url: values.databaseUrl,
    migrationUrl: values.databaseMigrationUrl,
    poolSize: values.databasePoolSize,
    timeoutMs: values.databaseTimeoutMs,
  });
}

function authConfig(values: SettingValues, keys: KeySettings, oidc: OidcConfig | undefined): AuthConfig {
  return new AuthConfig({
    devHeaders: values.allowDevHeaders,
    jwt: {
      signingKey: keys.signing,
      verificationKeys: keys.verification,
      issuer: values.jwtIssuer,
      audience: values.jwtAudience,
      clientId: values.jwtClientId === '' ? undefined : values.jwtClientId,
      accessTokenSeconds: values.accessTokenMinutes * 60,
      leewaySeconds: values.jwtLeewaySeconds,
    },
    signIn: { registration: values.registration, passwords: values.passwordSignIn },
    passwords: {
      minLength: values.passwordMinLength,
      blocklist: values.passwordBlocklist ?? values.environment === 'production',
      hashCost: values.passwordHashCost,
      hashWorkers: values.passwordHashWorkers ?? Math.max(2, availableParallelism() - 1),
      hashQueue: values.passwordHashQueue,
    },
    oidc,
  });
}

function sessionConfig(values: SettingValues, keys: KeySettings): SessionConfig {
  return new SessionConfig({
    graceSeconds: values.refreshTokenGraceSeconds,
    refreshTokenKeys: keys.refresh,
    idleDays: values.sessionIdleDays,
    maxDays: values.sessionMaxDays,
    cleanupIntervalSeconds: values.cleanupIntervalSeconds,
  });
}
