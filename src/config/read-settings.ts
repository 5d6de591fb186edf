import { NoTextError, readTextFile } from '../common/text-file';
import { databaseUrlWarnings } from './database-url';
import type { Environment } from './environment';
import type { Setting, Settings } from './setting';
import { isServiceLink, nameWarnings, quoteWarnings } from './setting-names';
import { ROOMS, type SettingValues } from './settings';

/** The result of reading: values, faults that prevent a start, and warnings. */
export interface ReadSettings {
  readonly values: SettingValues;
  readonly faults: string[];
  readonly warnings: string[];
}

/**
 * Reads every setting from its variable, its `NAME_FILE` form or its default; an empty variable counts as unset.
 * An invalid setting has its default (or nothing) in `values`, so that later checks can continue.
 */
export function readSettings(environment: Environment): ReadSettings {
  const faults: string[] = [];
  const readRoom = (room: Settings) =>
    Object.fromEntries(
      Object.entries(room).map(([key, setting]) => [key, readSetting(environment, setting, faults)]),
    );
  const rooms = Object.entries<Settings>(ROOMS).map(([name, room]) => [name, readRoom(room)]);
  const values = Object.fromEntries(rooms) as SettingValues;
  const warnings = [
    ...nameWarnings(environment),
    ...quoteWarnings(environment),
    ...databaseUrlWarnings(values.database.url),
    ...databaseUrlWarnings(values.database.migrationUrl, 'AUTH_DATABASE_MIGRATION_URL'),
    ...databaseUrlWarnings(values.database.listenUrl, 'AUTH_DATABASE_LISTEN_URL'),
  ];
  return { values, faults, warnings };
}

/** Values that production refuses, beyond the rules for every environment (contract, "Strict rules in production"). */
export function productionFaults(values: SettingValues): string[] {
  return Object.entries<Settings>(ROOMS).flatMap(([name, room]) =>
    Object.entries(room).flatMap(([key, setting]) => {
      const value = (values[name as keyof SettingValues] as Record<string, unknown>)[key];
      const fault = setting.inProduction?.(value);
      return fault ? [`${setting.name} ${fault} in production`] : [];
    }),
  );
}

function readSetting(environment: Environment, setting: Setting, faults: string[]): unknown {
  try {
    const { data, error } = setting.rule.safeParse(givenText(environment, setting));
    if (!error) return data;
    throw new Error(error.issues[0]?.message);
  } catch (error) {
    faults.push(`${setting.name} ${(error as Error).message}`);
    return setting.rule.parse(undefined);
  }
}

function givenText(environment: Environment, setting: Setting): string | undefined {
  if (isServiceLink(setting.name, environment)) return undefined;
  const text = environment[setting.name]?.trim();
  if (setting.emptyCounts) return text;
  const value = text || undefined;
  if (!setting.secret) return value;
  const path = environment[`${setting.name}_FILE`]?.trim() || undefined;
  if (path === undefined) return value;
  if (value !== undefined) throw new Error(`and ${setting.name}_FILE must not both be set`);
  return readSecretFile(path, setting.name);
}

function readSecretFile(path: string, name: string): string {
  let content: string;
  try {
    content = readTextFile(path).trim();
  } catch (error) {
    const fault =
      error instanceof NoTextError
        ? `${error.message} in the file that ${name}_FILE names: write a secret of bytes as text, in base64 for example`
        : `cannot be read: the file that ${name}_FILE names is missing or closed to this process`;
    throw new Error(fault, { cause: error });
  }
  if (content === '') throw new Error(`is empty in the file that ${name}_FILE names`);
  return content;
}
