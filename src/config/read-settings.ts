import { NoTextError, readTextFile } from '../common/text-file';
import { databaseUrlWarnings } from './database-url';
import type { Environment } from './environment';
import type { Setting } from './setting';
import { isServiceLink, nameWarnings, quoteWarnings } from './setting-names';
import { SETTINGS } from './settings';

type ValueOf<S> =
  S extends Setting<infer T, infer Default> ? (Default extends string ? T : T | undefined) : never;

/** The parsed value of every setting. */
export type SettingValues = { readonly [K in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[K]> };

/** What reading found: values, faults that forbid a start, and warnings. */
export interface ReadSettings {
  readonly values: SettingValues;
  readonly faults: string[];
  readonly warnings: string[];
}

/**
 * Reads every setting from its variable, its `NAME_FILE` form or its default; an empty variable counts as unset.
 * A setting at fault has its default (or nothing) in `values`, so that the checks after it can go on.
 */
export function readSettings(environment: Environment): ReadSettings {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    values[key] = setting.default === undefined ? undefined : setting.parse(setting.default);
    try {
      const given = givenText(environment, setting);
      if (given !== undefined) values[key] = setting.parse(given);
    } catch (error) {
      faults.push(`${setting.name} ${(error as Error).message}`);
    }
  }
  const known = values as SettingValues;
  const warnings = [
    ...nameWarnings(environment),
    ...quoteWarnings(environment),
    ...databaseUrlWarnings(known.databaseUrl),
    ...databaseUrlWarnings(known.databaseMigrationUrl, 'AUTH_DATABASE_MIGRATION_URL'),
  ];
  return { values: known, faults, warnings };
}

function givenText(environment: Environment, setting: Setting<unknown>): string | undefined {
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
        ? `${error.message} in the file that ${name}_FILE names`
        : `cannot be read: the file that ${name}_FILE names is missing or closed to this process`;
    throw new Error(fault, { cause: error });
  }
  if (content === '') throw new Error(`is empty in the file that ${name}_FILE names`);
  return content;
}
