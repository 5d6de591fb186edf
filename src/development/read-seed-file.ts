import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isJsonObject, parseJson } from '../common/json-object';
import { NoTextError, readTextFile } from '../common/text-file';
import { inputFaults } from '../http/validation.pipe';
import { ConfigurationError } from '../config/configuration-error';
import { normaliseEmail } from '../users/email';
import { SeedFile, type SeedDomain } from './dto/seed-file.dto';

const SETTING = 'AUTH_SEED_FILE';
const MAX_FAULTS = 20;

/** Reads and validates the file of test data. Throws a `ConfigurationError` that names every invalid member. */
export function readSeedFile(path: string): SeedFile {
  const value = parse(path);
  const file = plainToInstance(SeedFile, value);
  const errors = validateSync(file, { whitelist: true, forbidNonWhitelisted: true, stopAtFirstError: true });
  const faults = errors
    .flatMap((error) => inputFaults(error, '#'))
    .map(({ pointer, detail }) => `${pointer.slice(2)} ${detail}`);
  if (faults.length === 0) faults.push(...duplicates(file));
  if (faults.length > 0) fail(faults);
  return file;
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    return fail([
      error instanceof NoTextError ? error.message : 'the file is missing or closed to this process',
    ]);
  }
  const value = parseJson(text);
  if (!isJsonObject(value)) return fail(['must hold a JSON object with "people", "teams", "domains"']);
  return hasDuplicateKeys(text) ? fail(['names a member twice in an object']) : value;
}

/** Duplicate names: the second would be silently ignored. */
function duplicates({ people = [], teams = [], domains = [] }: SeedFile): string[] {
  return [
    ...repeated(people.map(({ email }) => normaliseEmail(email) ?? email)).map(
      (email) => `people: ${email} stands twice`,
    ),
    ...repeated(teams.map(({ name }) => name)).map((name) => `teams: ${name} stands twice`),
    ...repeated(domains.flatMap(keys)).map((key) => `domains: ${key} stands twice`),
  ];
}

function keys({ key, children = [] }: SeedDomain): string[] {
  return [key, ...children.flatMap(keys)];
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

function fail(faults: readonly string[]): never {
  const shown = faults.slice(0, MAX_FAULTS).map((fault) => `${SETTING}: ${fault}`);
  if (faults.length > MAX_FAULTS) shown.push(`${SETTING}: ${faults.length - MAX_FAULTS} more`);
  throw new ConfigurationError(shown);
}
