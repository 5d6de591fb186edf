import { isJsonObject, type JsonObject } from '../common/json-object';
import { NoTextError, readTextFile } from '../common/text-file';
import {
  DEFAULT_PROVIDER_ALGORITHMS,
  PROVIDER_ALGORITHMS,
  STANDARD_CLAIMS,
  TOKEN_USES,
  type GroupsClaim,
  type OidcIssuer,
} from './auth.config';
import { oneOf, url } from './setting';

/** A provider before it stands beside the others; `source` names it in faults. */
export interface DescribedIssuer {
  readonly source: { readonly issuer: string; readonly jwksUrl: string };
  readonly issuer: Omit<OidcIssuer, 'spellings'>;
}

type Reader<T> = (value: unknown) => T;

/** How each member is read; the names are those of the single settings, in lower case. */
const MEMBERS = {
  issuer: textOf(url('http:', 'https:')),
  audience: texts,
  jwks_url: textOf(url('http:', 'https:')),
  algorithms: (value: unknown) => texts(value).map(oneOf(...PROVIDER_ALGORITHMS)),
  token_use: textOf(oneOf(...TOKEN_USES)),
  trust_email: flag,
  email_claim: claimName,
  email_verified_claim: claimName,
  name_claim: claimName,
  picture_claim: claimName,
  groups_claim: claimName,
  group_mapping: mapping,
  domains_claim: claimName,
  domain_mapping: mapping,
} satisfies Record<string, Reader<unknown>>;

type Members = { readonly [K in keyof typeof MEMBERS]?: ReturnType<(typeof MEMBERS)[K]> };

/** Reads the list of providers strictly; every fault of the file is added to `faults`, and names places, not values. */
export function readIssuersFile(path: string, faults: string[]): DescribedIssuer[] {
  const entries = readList(path, faults);
  return entries.flatMap((entry, index) => {
    const place = `AUTH_OIDC_ISSUERS_FILE, entry ${index + 1}`;
    const own: string[] = [];
    const issuer = readEntry(entry, own);
    faults.push(...own.map((fault) => `${place}: ${fault}`));
    if (!issuer || own.length > 0) return [];
    return [{ source: { issuer: `${place}: issuer`, jwksUrl: `${place}: jwks_url` }, issuer }];
  });
}

function readList(path: string, faults: string[]): readonly unknown[] {
  let content: string;
  try {
    content = readTextFile(path);
  } catch (error) {
    const cause =
      error instanceof NoTextError
        ? error.message
        : 'cannot be read: the file is missing or closed to this process';
    faults.push(`AUTH_OIDC_ISSUERS_FILE ${cause}`);
    return [];
  }
  try {
    const list: unknown = JSON.parse(content);
    if (Array.isArray(list) && list.length > 0) return list;
  } catch {
    // the message below covers it; JSON.parse would quote the file
  }
  faults.push('AUTH_OIDC_ISSUERS_FILE must hold a JSON list with an object for each issuer');
  return [];
}

function readEntry(entry: unknown, faults: string[]): DescribedIssuer['issuer'] | undefined {
  if (!isJsonObject(entry)) {
    faults.push('must be an object');
    return undefined;
  }
  const unknown = Object.keys(entry).filter((name) => !Object.hasOwn(MEMBERS, name));
  faults.push(...unknown.map((name) => `${JSON.stringify(name)} is not a member of an issuer`));
  const members = readMembers(entry, faults);
  for (const [claim, map] of [
    ['groups_claim', 'group_mapping'],
    ['domains_claim', 'domain_mapping'],
  ] as const) {
    if (map in entry && !(claim in entry)) faults.push(`${map} needs ${claim}`);
  }
  for (const name of ['issuer', 'audience'] as const) {
    if (!(name in entry)) faults.push(`${name} is required`);
  }
  const { issuer, audience } = members;
  return issuer === undefined || audience === undefined
    ? undefined
    : describe({ ...members, issuer, audience });
}

function readMembers(entry: JsonObject, faults: string[]): Members {
  const members: Record<string, unknown> = {};
  for (const [name, read] of Object.entries<Reader<unknown>>(MEMBERS)) {
    if (!(name in entry)) continue;
    try {
      members[name] = read(entry[name]);
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`);
    }
  }
  return members;
}

function describe(members: Members & { issuer: string; audience: string[] }): DescribedIssuer['issuer'] {
  return {
    issuer: members.issuer,
    audiences: members.audience,
    jwksUrl: members.jwks_url,
    algorithms: members.algorithms ?? DEFAULT_PROVIDER_ALGORITHMS,
    tokenUse: members.token_use ?? 'any',
    trustEmail: members.trust_email ?? false,
    claims: {
      email: members.email_claim ?? STANDARD_CLAIMS.email,
      emailVerified: members.email_verified_claim ?? STANDARD_CLAIMS.emailVerified,
      name: members.name_claim ?? STANDARD_CLAIMS.name,
      picture: members.picture_claim ?? STANDARD_CLAIMS.picture,
    },
    groups: groupsClaim(members.groups_claim, members.group_mapping),
    domains: groupsClaim(members.domains_claim, members.domain_mapping),
  };
}

function groupsClaim(
  claim: string | undefined,
  names: Readonly<Record<string, string>> | undefined,
): GroupsClaim | undefined {
  return claim === undefined ? undefined : { claim, mapping: names };
}

function textOf<T>(parse: (text: string) => T): Reader<T> {
  return (value) => {
    if (typeof value !== 'string' || value.trim() === '') throw new Error('must be a text');
    return parse(value);
  };
}

/** The name of a claim, or a path to it. */
function claimName(value: unknown): string {
  return textOf((text) => text)(value);
}

/** One text, or a list of them with something in it. */
function texts(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error('must not be empty');
  return list.map((item) => {
    if (typeof item !== 'string' || item === '') throw new Error('must be a text or a list of texts');
    return item;
  });
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error('must be true or false');
  return value;
}

function mapping(value: unknown): Readonly<Record<string, string>> {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  if (
    entries.length === 0 ||
    !entries.every((pair): pair is [string, string] => typeof pair[1] === 'string')
  ) {
    throw new Error('must be an object from names of the provider to names of this service');
  }
  return Object.fromEntries(entries);
}
