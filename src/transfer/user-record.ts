import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isJsonObject, parseJson, type JsonObject } from '../common/json-object';
import { DISPLAY_NAME_RULE, isDisplayName } from '../common/validation/text-rules';
import { webAddress } from '../common/validation/web-address';
import { storedHashFault } from '../passwords/stored-hash';
import { parseMoment } from '../common/moment';
import { normaliseEmail } from '../users/email';

/** A team as a line names it. */
export interface TeamReference {
  readonly name?: string;
  readonly externalRef?: string;
  readonly role: 'owner' | 'admin' | 'member' | null;
}

/** A user as a line says; what is undefined was not said. */
export interface UserRecord {
  readonly email: string;
  readonly name: string;
  readonly avatarUrl?: string | null;
  readonly passwordHash?: string | null;
  readonly emailVerified?: boolean;
  readonly isActive?: boolean;
  readonly role?: 'user' | 'admin';
  readonly teams?: readonly TeamReference[];
  readonly domains?: readonly string[];
  readonly createdAt?: string;
}

/** What is wrong with a line: the member, or undefined for the line itself, and what it must be. */
export interface RecordFault {
  readonly field: string | undefined;
  readonly reason: string;
}

/** What lines may ask for. */
export interface RecordRules {
  /** The highest cost of bcrypt that a hash may have. */
  readonly highestCost: number;
  readonly allowAdmins: boolean;
}

const MEMBERS = new Set([
  ...['email', 'name', 'avatar_url', 'password_hash', 'email_verified', 'is_active'],
  ...['role', 'teams', 'domains', 'created_at'],
]);
const TEAM_ROLES = ['owner', 'admin', 'member'];
const TEAM_MEMBERS = ['name', 'external_ref', 'role'];
const MAX_ENTRIES = 1000;

/** Reads a line; every fault of it is told, and none of them quotes it. */
export function readUserRecord(text: string, rules: RecordRules): UserRecord | readonly RecordFault[] {
  const value = parseJson(text);
  if (!isJsonObject(value)) return [{ field: undefined, reason: 'is no JSON object' }];
  if (hasDuplicateKeys(text)) return [{ field: undefined, reason: 'names a member twice' }];
  const faults: RecordFault[] = [];
  const refuse = (field: string, reason: string) => void faults.push({ field, reason });
  for (const name of Object.keys(value))
    if (!MEMBERS.has(name)) refuse(shown(name), 'is no member of a user');
  const record = {
    email: readEmail(value.email, refuse),
    name: readName(value.name, refuse),
    ...readOptional(value, rules, refuse),
  };
  return faults.length > 0 ? faults : record;
}

type Refuse = (field: string, reason: string) => void;

/** A name of a member that nobody knows may be anything. */
function shown(name: string): string {
  return /^[\w.-]{1,64}$/.test(name) ? name : '?';
}

function readEmail(value: unknown, refuse: Refuse): string {
  const email = typeof value === 'string' ? normaliseEmail(value) : undefined;
  if (email === undefined) refuse('email', 'must be an e-mail address such as name@example.com');
  return email ?? '';
}

function readName(value: unknown, refuse: Refuse): string {
  if (typeof value === 'string' && isDisplayName(value)) return value;
  refuse('name', DISPLAY_NAME_RULE);
  return '';
}

function readOptional(
  value: JsonObject,
  rules: RecordRules,
  refuse: Refuse,
): Omit<UserRecord, 'email' | 'name'> {
  return {
    ...given('avatarUrl', value.avatar_url, (avatar) => readAvatar(avatar, refuse)),
    ...given('passwordHash', value.password_hash, (hash) => readHash(hash, rules, refuse)),
    ...given('emailVerified', value.email_verified, (flag) => readFlag('email_verified', flag, refuse)),
    ...given('isActive', value.is_active, (flag) => readFlag('is_active', flag, refuse)),
    ...given('role', value.role, (role) => readRole(role, rules, refuse)),
    ...given('teams', value.teams, (teams) => readTeams(teams, refuse)),
    ...given('domains', value.domains, (domains) => readDomains(domains, refuse)),
    ...given('createdAt', value.created_at, (time) => readTime(time, refuse)),
  };
}

function given<K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown) => T,
): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [name]: read(value) } as Record<K, T>);
}

function readAvatar(value: unknown, refuse: Refuse): string | null {
  const address = typeof value === 'string' ? webAddress(value) : undefined;
  if (value !== null && address === undefined)
    refuse('avatar_url', 'must be an absolute http or https address without user information, or null');
  return address ?? null;
}

function readHash(value: unknown, { highestCost }: RecordRules, refuse: Refuse): string | null {
  if (value === null) return null;
  if (typeof value !== 'string') {
    refuse('password_hash', 'must be a text or null');
    return null;
  }
  const fault = storedHashFault(value, highestCost);
  if (fault !== undefined) refuse('password_hash', fault);
  return value;
}

function readFlag(field: string, value: unknown, refuse: Refuse): boolean {
  if (typeof value !== 'boolean') refuse(field, 'must be true or false');
  return value === true;
}

function readRole(value: unknown, { allowAdmins }: RecordRules, refuse: Refuse): 'user' | 'admin' {
  if (value !== 'user' && value !== 'admin') refuse('role', 'must be user or admin');
  else if (value === 'admin' && !allowAdmins) refuse('role', 'is admin, which only --allow-admins lets in');
  return value === 'admin' ? 'admin' : 'user';
}

function readTeams(value: unknown, refuse: Refuse): TeamReference[] {
  const teams = Array.isArray(value) && value.length <= MAX_ENTRIES ? value.map(readTeam) : [undefined];
  if (teams.includes(undefined))
    refuse(
      'teams',
      `must be a list of at most ${MAX_ENTRIES} of { name, role } or { external_ref, role }; roles are ${TEAM_ROLES.join(', ')}`,
    );
  return teams.filter((team) => team !== undefined);
}

function readTeam(value: unknown): TeamReference | undefined {
  if (!isJsonObject(value) || Object.keys(value).some((name) => !TEAM_MEMBERS.includes(name)))
    return undefined;
  const { name, external_ref: externalRef, role = null } = value;
  if (role !== null && !TEAM_ROLES.includes(role as string)) return undefined;
  const known = { role: role as TeamReference['role'] };
  if (typeof name === 'string' && externalRef === undefined) return { name, ...known };
  return typeof externalRef === 'string' && name === undefined ? { externalRef, ...known } : undefined;
}

function readDomains(value: unknown, refuse: Refuse): string[] {
  const isList = Array.isArray(value) && value.length <= MAX_ENTRIES;
  const keys = isList ? value.filter((key) => typeof key === 'string') : [];
  if (!isList || keys.length < value.length)
    refuse('domains', `must be a list of at most ${MAX_ENTRIES} keys`);
  return keys;
}

function readTime(value: unknown, refuse: Refuse): string {
  const time = typeof value === 'string' ? parseMoment(value) : undefined;
  if (time === undefined || time.getTime() > Date.now())
    refuse('created_at', 'must be a time with a zone such as 2026-11-27T09:30:00Z, and not in the future');
  return typeof value === 'string' ? value : '';
}
