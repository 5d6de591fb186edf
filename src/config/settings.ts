import { AUDIT_SETTINGS } from './audit.config';
import { DATABASE_SETTINGS } from './database.config';
import { DEVELOPMENT_SETTINGS } from './development.config';
import { EVENTS_SETTINGS } from './events.config';
import { FEDERATION_SETTINGS } from './federation.config';
import { HTTP_SETTINGS } from './http.config';
import { LIMITS_SETTINGS } from './limits.config';
import { LOGGING_SETTINGS } from './logging.config';
import { METRICS_SETTINGS } from './metrics.config';
import { MAIL_SETTINGS } from './mail.config';
import { PASSWORD_SETTINGS } from './password.config';
import { RUNTIME_SETTINGS } from './runtime.config';
import { SESSION_SETTINGS } from './session.config';
import type { Setting, Settings, ValuesOf } from './setting';
import { TOKEN_SETTINGS } from './token.config';
import { TRACING_SETTINGS } from './tracing.config';

/** Every environment variable that the service reads, by room, in the order of the documents. */
export const ROOMS = {
  runtime: RUNTIME_SETTINGS,
  database: DATABASE_SETTINGS,
  http: HTTP_SETTINGS,
  development: DEVELOPMENT_SETTINGS,
  tokens: TOKEN_SETTINGS,
  sessions: SESSION_SETTINGS,
  passwords: PASSWORD_SETTINGS,
  limits: LIMITS_SETTINGS,
  mail: MAIL_SETTINGS,
  federation: FEDERATION_SETTINGS,
  events: EVENTS_SETTINGS,
  audit: AUDIT_SETTINGS,
  logging: LOGGING_SETTINGS,
  metrics: METRICS_SETTINGS,
  tracing: TRACING_SETTINGS,
} satisfies Record<string, Settings>;

/** The value of every setting, by room. */
export type SettingValues = { readonly [R in keyof typeof ROOMS]: ValuesOf<(typeof ROOMS)[R]> };

/** The same settings in one list. */
export const SETTINGS: readonly Setting[] = Object.values<Settings>(ROOMS).flatMap((room) =>
  Object.values(room),
);

/** The default of a setting as text; undefined when it has none, or it depends on other settings. */
export function defaultText({ rule }: Setting): string | undefined {
  const value = rule.parse(undefined) as string | number | boolean | readonly string[] | undefined;
  return value === undefined ? undefined : String(value);
}
