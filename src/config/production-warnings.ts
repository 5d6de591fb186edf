import { readDatabaseUrl } from './database-url';
import type { FederationConfig } from './federation.config';
import type { SettingValues } from './settings';

/** Longer than any retry needs. */
const LONG_GRACE_SECONDS = 60;
/** Levels that hide the lines of requests, refusals or outages. */
const QUIET_LEVELS = ['warn', 'error', 'silent'];

/** Warnings about settings that production allows but that are unsafe, logged at each start; they never contain values. */
export function productionWarnings(values: SettingValues, providers: FederationConfig): string[] {
  return [
    ...(values.http.validateRequiresCredential
      ? []
      : ['POST /auth/validate asks for no credential: let nobody but your own services reach it']),
    ...networkWarnings(values),
    ...trustWarnings(values, providers),
    ...signInWarnings(values),
    ...logWarnings(values),
  ];
}

function networkWarnings(values: SettingValues): string[] {
  const { publicUrl, corsOrigins = [] } = values.http;
  const warnings: string[] = [];
  for (const [name, url] of [
    ['DATABASE_URL', values.database.url],
    ['AUTH_DATABASE_MIGRATION_URL', values.database.migrationUrl],
    ['AUTH_DATABASE_LISTEN_URL', values.database.listenUrl],
  ]) {
    if (url === undefined || isVerified(url)) continue;
    warnings.push(
      `${name} does not require a verified certificate: an attacker on the network can read and change everything; append ?sslmode=verify-full`,
    );
  }
  if (publicUrl === undefined) {
    warnings.push('AUTH_PUBLIC_URL is not set: published URLs point to localhost');
  } else if (new URL(publicUrl).protocol !== 'https:') {
    warnings.push('AUTH_PUBLIC_URL is not https: passwords and tokens cross the network unencrypted');
  }
  if (corsOrigins.some((origin) => origin.startsWith('http:'))) {
    warnings.push(
      'AUTH_API_CORS_ORIGINS lists http origins: an attacker on the network can inject scripts into their pages',
    );
  }
  return warnings;
}

function signInWarnings({ passwords, sessions }: SettingValues): string[] {
  const warnings: string[] = [];
  if (passwords.signIn && passwords.blocklist === false) {
    warnings.push('AUTH_PASSWORD_BLOCKLIST is false: well-known passwords are accepted');
  }
  if (sessions.graceSeconds > LONG_GRACE_SECONDS) {
    warnings.push(
      `AUTH_REFRESH_TOKEN_GRACE_SECONDS is above ${LONG_GRACE_SECONDS}: a stolen refresh token can be replayed for that long`,
    );
  }
  return warnings;
}

function logWarnings({ logging: { level } }: SettingValues): string[] {
  if (!QUIET_LEVELS.includes(level)) return [];
  const hidden = level === 'warn' ? 'requests' : 'requests, refusals and outages';
  return [`AUTH_LOG_LEVEL is ${level}: ${hidden} are not in the log; audit events and these warnings are`];
}

/** Providers whose addresses are trusted although they do not mark them as verified. */
function trustWarnings({ federation }: SettingValues, { issuers }: FederationConfig): string[] {
  const isSingle = federation.trustEmail !== false;
  const trusted = issuers.filter(({ trustEmail }) => trustEmail !== false).length;
  const listed = trusted - (isSingle ? 1 : 0);
  const danger = 'anyone who can set an address there gets the user with that address here';
  return [
    ...(isSingle ? [`AUTH_OIDC_TRUST_EMAIL is on: ${danger}`] : []),
    ...(listed > 0
      ? [`AUTH_OIDC_ISSUERS_FILE: trust_email is on for ${listed} of the providers: ${danger}`]
      : []),
  ];
}

/** Whether the server's certificate and name are verified; a Unix socket needs no such proof. */
function isVerified(databaseUrl: string): boolean {
  const { host, ssl } = readDatabaseUrl(databaseUrl);
  if (host?.startsWith('/')) return true;
  if (typeof ssl !== 'object') return ssl === true;
  return ssl.rejectUnauthorized !== false && !('checkServerIdentity' in ssl);
}
