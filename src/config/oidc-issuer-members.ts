import { normaliseAddressDomain } from '../common/validation/address-domain';
import { CONTROL_CHARACTERS } from '../common/validation/text-rules';
import { isJsonObject, type JsonObject } from '../common/json-object';
import { GROUPS_FORMS, PROVIDER_ALGORITHMS, TOKEN_USES, type RequiredClaim } from './auth.config';
import { oneOf, url } from './setting';

type Reader<T> = (value: unknown) => T;

/** How each member is read; the names are those of the single settings, in lower case. */
export const MEMBERS = {
  issuer: textOf(issuerName),
  audience: texts,
  trusted_audiences: texts,
  subject_claim: subjectClaim,
  jwks_url: textOf(url('http:', 'https:')),
  algorithms: (value: unknown) => texts(value).map(oneOf(...PROVIDER_ALGORITHMS)),
  token_use: textOf(oneOf(...TOKEN_USES)),
  required_claims: requiredClaims,
  required_scopes: texts,
  max_auth_age_seconds: seconds,
  trust_email: flag,
  email_verified_text: flag,
  link_same_address: addressDomains,
  email_claim: claimName,
  email_verified_claim: claimName,
  name_claim: claimName,
  picture_claim: claimName,
  groups_claim: claimName,
  groups_form: textOf(oneOf(...GROUPS_FORMS)),
  group_mapping: mapping,
  domains_claim: claimName,
  domains_form: textOf(oneOf(...GROUPS_FORMS)),
  domain_mapping: mapping,
} satisfies Record<string, Reader<unknown>>;

/** What an entry may say, read. */
export type Members = { readonly [K in keyof typeof MEMBERS]?: ReturnType<(typeof MEMBERS)[K]> };

/** Reads what an entry says; every fault is added to `faults`, and names members, not values. */
export function readMembers(entry: JsonObject, faults: string[]): Members {
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

function textOf<T>(parse: (text: string) => T): Reader<T> {
  return (value) => {
    if (typeof value !== 'string' || value.trim() === '') throw new Error('must be a text');
    return parse(value);
  };
}

/** What `iss` of its tokens says: as a rule the address of the provider, but any name may stand there. */
function issuerName(text: string): string {
  if (CONTROL_CHARACTERS.test(text)) throw new Error('must not hold control characters');
  return text;
}

/** The name of a claim, or a path to it. */
function claimName(value: unknown): string {
  return textOf((text) => text)(value);
}

/** What people, administrators or providers give to somebody else one day, under the names that providers have for it. */
const REASSIGNED =
  /^(e?-?mails?|email_?address(es)?|upn|unique_name|((preferred|user|nick|given|family|display|sign_?in|login)_?)*name|login|phone(_?number)?|picture)$/i;

/** RFC 7519 section 4.1.2 and OpenID Connect Core 1.0 section 2: never reassigned; addresses and names are. */
function subjectClaim(value: unknown): string {
  const name = claimName(value);
  const last = name.split(/[./:]/).findLast((part) => !/^\d*$/.test(part)) ?? '';
  if (REASSIGNED.test(last) || REASSIGNED.test(name)) {
    throw new Error('must name a claim that the provider never reassigns, as addresses and names are');
  }
  return name;
}

/** Domains of addresses, in the form in which addresses are stored; each without those below it. */
function addressDomains(value: unknown): string[] {
  return texts(value).map((text) => {
    const domain = normaliseAddressDomain(text);
    if (domain === undefined) throw new Error('must be a list of address domains such as example.com');
    return domain;
  });
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

function seconds(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new Error('must be a whole number of seconds');
  }
  return value;
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

/** A claim or a path to it, and the value or the values of which it must have one. */
function requiredClaims(value: unknown): RequiredClaim[] {
  const entries = isJsonObject(value) ? Object.entries(value) : [];
  if (entries.length === 0)
    throw new Error('must be an object from claims to the value, or the values, that are good');
  return entries.map(([claim, good]) => {
    const values: unknown[] = Array.isArray(good) ? good : [good];
    if (values.length === 0 || !values.every(isSimple)) {
      throw new Error('must name a text, a number, true, false, or a list of those for each claim');
    }
    return { claim, values };
  });
}

function isSimple(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
