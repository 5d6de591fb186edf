import { readFileSync } from 'node:fs';
import type { Setting } from './setting';
import { SETTINGS } from './settings';

/** Variables by name, as `process.env` holds them. */
export type Environment = Readonly<Record<string, string | undefined>>;

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
  return { values: values as SettingValues, faults, warnings: unknownNames(environment) };
}

function givenText(environment: Environment, setting: Setting<unknown>): string | undefined {
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
    content = readFileSync(path, 'utf8').trim();
  } catch {
    throw new Error(`cannot be read: the file that ${name}_FILE names is missing or closed to this process`);
  }
  if (content === '') throw new Error(`is empty in the file that ${name}_FILE names`);
  return content;
}

function unknownNames(environment: Environment): string[] {
  const known = new Set<string>();
  for (const { name, secret } of Object.values(SETTINGS)) {
    known.add(name);
    if (secret) known.add(`${name}_FILE`);
  }
  return Object.keys(environment)
    .filter((name) => name.startsWith('AUTH_') && !known.has(name))
    .map((name) => `${name} is not a setting of this service; it has no effect`);
}
