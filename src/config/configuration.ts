import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseEnv } from 'node:util';
import { AuthConfig, type OidcConfig } from './auth.config';
import { ConfigurationError } from './configuration-error';
import { DatabaseConfig } from './database.config';
import { HttpConfig } from './http.config';
import { oidcConfig } from './oidc-config';
import { readSettings, type Environment, type SettingValues } from './read-settings';
import { MIN_SECRET_BYTES, privateKeys, secretKeys, type SigningKeys } from './signing-keys';
import { isGuessableSecret, productionFaults } from './strict-rules';

/** The whole configuration, parsed and checked. */
export interface Configuration {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly auth: AuthConfig;
  /** What an operator should know although the service can start; names settings, never values. */
  readonly warnings: readonly string[];
}

const DEVELOPMENT_ORIGINS = ['http://localhost:5173', 'http://localhost:3000', 'http://localhost:8000'];

/** The process environment over the variables of `.env` in the working directory. */
export function processEnvironment(): Environment {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { ...file, ...process.env };
}

/** Reads and checks every setting. Throws a ConfigurationError that lists all faults together. */
export function loadConfiguration(environment: Environment): Configuration {
  const { values, faults, warnings } = readSettings(environment);
  const keys = signingKeys(values, faults, warnings);
  const oidc = oidcConfig(values, faults);
  if (values.environment === 'production') faults.push(...productionFaults(values));
  if (faults.length > 0 || keys === undefined) throw new ConfigurationError(faults);
  return {
    http: httpConfig(values),
    database: databaseConfig(values),
    auth: authConfig(values, keys, oidc),
    warnings,
  };
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
    drainSeconds: values.drainSeconds,
    shutdownGraceSeconds: values.shutdownGraceSeconds,
  });
}

function databaseConfig(values: SettingValues): DatabaseConfig {
  return new DatabaseConfig({
    url: values.databaseUrl,
    poolSize: values.databasePoolSize,
    timeoutMs: values.databaseTimeoutMs,
  });
}

function authConfig(values: SettingValues, keys: SigningKeys, oidc: OidcConfig): AuthConfig {
  return new AuthConfig({
    devHeaders: values.allowDevHeaders,
    jwt: {
      keys,
      issuer: values.jwtIssuer,
      audience: values.jwtAudience,
      accessTokenSeconds: values.accessTokenMinutes * 60,
      leewaySeconds: values.jwtLeewaySeconds,
    },
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

function signingKeys(values: SettingValues, faults: string[], warnings: string[]): SigningKeys | undefined {
  if (values.jwtAlgorithm === 'HS256') return hmacKeys(values, faults, warnings);
  if (values.jwtPrivateKey === undefined) {
    faults.push(`AUTH_JWT_PRIVATE_KEY is required with AUTH_JWT_ALGORITHM=${values.jwtAlgorithm}`);
    return undefined;
  }
  try {
    return privateKeys(values.jwtAlgorithm, values.jwtPrivateKey);
  } catch (error) {
    faults.push(`AUTH_JWT_PRIVATE_KEY ${(error as Error).message}`);
    return undefined;
  }
}

function hmacKeys(values: SettingValues, faults: string[], warnings: string[]): SigningKeys | undefined {
  const secret = values.jwtSecretKey;
  if (secret === undefined) {
    if (values.environment === 'production') {
      faults.push('AUTH_JWT_SECRET_KEY is required in production');
      return undefined;
    }
    warnings.push(
      'AUTH_JWT_SECRET_KEY is not set: a random secret for this run; tokens end with the process',
    );
    return secretKeys(randomBytes(MIN_SECRET_BYTES).toString('base64url'));
  }
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    faults.push(`AUTH_JWT_SECRET_KEY must have at least ${MIN_SECRET_BYTES} bytes`);
    return undefined;
  }
  if (isGuessableSecret(secret)) {
    warnings.push('AUTH_JWT_SECRET_KEY is a known example; production refuses it');
  }
  return secretKeys(secret);
}
