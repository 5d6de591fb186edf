import { AuditConfig, auditValues } from './audit.config';
import { ConfigurationError } from './configuration-error';
import { DatabaseConfig, databaseFaults } from './database.config';
import { DevelopmentConfig } from './development.config';
import { EventsConfig, eventsValues } from './events.config';
import type { Environment, ProcessEnvironment } from './environment';
import type { FederationConfig } from './federation.config';
import { HttpConfig, httpValues } from './http.config';
import { readKeys } from './key-settings';
import { LoggingConfig, loggingValues } from './logging.config';
import { LimitsConfig } from './limits.config';
import { MetricsConfig, metricsFaults, metricsValues, metricsWarnings } from './metrics.config';
import { MailConfig, mailFaults, mailValues, mailWarnings } from './mail.config';
import { federationConfig } from './oidc-config';
import { PasswordConfig, passwordValues } from './password.config';
import { productionWarnings } from './production-warnings';
import { productionFaults, readSettings } from './read-settings';
import { SessionConfig, sessionValues } from './session.config';
import { withProxyNames } from './setting-names';
import type { SettingValues } from './settings';
import { TokenConfig, tokenValues } from './token.config';
import { TracingConfig } from './tracing.config';

/** The complete configuration, parsed and validated: a slice for each room. */
export interface Configuration {
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly tokens: TokenConfig;
  readonly passwords: PasswordConfig;
  readonly limits: LimitsConfig;
  readonly audit: AuditConfig;
  readonly sessions: SessionConfig;
  readonly mail: MailConfig;
  readonly federation: FederationConfig;
  readonly events: EventsConfig;
  readonly development: DevelopmentConfig;
  readonly logging: LoggingConfig;
  readonly metrics: MetricsConfig;
  readonly tracing: TracingConfig;
  /** Warnings for operators; they name settings, never values. */
  readonly warnings: readonly string[];
}

type Findings = Pick<ProcessEnvironment, 'faults' | 'warnings'>;

/**
 * Reads and validates every setting. Throws a `ConfigurationError` that lists all faults.
 *
 * @param found faults and warnings from reading the variables
 */
export function loadConfiguration(environment: Environment, found?: Findings): Configuration {
  const { values, faults, warnings } = readSettings(withProxyNames(environment));
  faults.unshift(...(found?.faults ?? []));
  warnings.unshift(...(found?.warnings ?? []));
  const production = values.runtime.environment === 'production';
  const keys = readKeys(values, faults, warnings);
  const federation = federationConfig(values, faults, warnings);
  faults.push(...databaseFaults(values.database), ...metricsFaults(values.metrics, values.http.port));
  warnings.push(...signInWarnings(values, federation), ...metricsWarnings(values.metrics, values.runtime));
  faults.push(...mailFaults(values.mail));
  warnings.push(...mailWarnings(values.mail, values.runtime));
  if (production) faults.push(...productionFaults(values));
  if (faults.length > 0 || keys === undefined) throw new ConfigurationError(faults);
  if (production) warnings.push(...productionWarnings(values, federation));
  const http = new HttpConfig(httpValues(values.http, values.runtime));
  return {
    http,
    database: new DatabaseConfig(values.database),
    tokens: new TokenConfig(tokenValues(values.tokens, keys)),
    passwords: new PasswordConfig(passwordValues(values.passwords, values.runtime)),
    limits: new LimitsConfig(values.limits),
    audit: new AuditConfig(auditValues(values.audit, keys)),
    sessions: new SessionConfig(sessionValues(values.sessions, keys)),
    mail: new MailConfig(mailValues(values.mail, values.runtime, http, keys)),
    federation,
    events: new EventsConfig(eventsValues(values.events, values.runtime)),
    development: new DevelopmentConfig(values.development),
    logging: new LoggingConfig(loggingValues(values.logging, values.runtime)),
    metrics: new MetricsConfig(metricsValues(values.metrics, values.runtime)),
    tracing: new TracingConfig(values.tracing),
    warnings,
  };
}

function signInWarnings({ passwords, development }: SettingValues, { issuers }: FederationConfig): string[] {
  return passwords.signIn || issuers.length > 0 || development.devHeaders
    ? []
    : [
        'AUTH_PASSWORD_SIGN_IN is false and there is no other way to sign in: name a provider (AUTH_OIDC_ISSUER)',
      ];
}
