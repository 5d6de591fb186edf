import { z } from 'zod';
import { normaliseAddressDomain } from '../common/validation/address-domain';
import { CONTROL_CHARACTERS } from '../common/validation/text-rules';
import { isJsonObject, type JsonObject } from '../common/json-object';
import { GROUPS_FORMS, PROVIDER_ALGORITHMS, TOKEN_USES } from './oidc-issuer';
import { oneOf, parsed, url } from './rules';

const TEXT = 'must be a text';
const TEXTS = 'must be a text or a list of texts';
const SECONDS = 'must be a whole number of seconds';
const FLAG = 'must be true or false';

const name = z.string(TEXT).refine((value) => value.trim() !== '', { error: TEXT, abort: true });

/** A string, or a non-empty list of strings. */
const texts = z
  .unknown()
  .transform((value): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [value]))
  .pipe(z.array(z.string(TEXTS).min(1, TEXTS)).min(1, 'must not be empty'));

/** Claims whose values users, administrators or providers may reassign to another user. */
const REASSIGNED =
  /^(e?-?mails?|email_?address(es)?|upn|unique_name|((preferred|user|nick|given|family|display|sign_?in|login)_?)*name|login|phone(_?number)?|picture)$/i;

/** RFC 7519 section 4.1.2 and OpenID Connect Core 1.0 section 2: never reassigned; addresses and names are. */
const subjectClaim = name.refine(
  (value) => {
    const last = value.split(/[./:]/).findLast((part) => !/^\d*$/.test(part)) ?? '';
    return !REASSIGNED.test(last) && !REASSIGNED.test(value);
  },
  { error: 'must name a claim that the provider never reassigns, as addresses and names are' },
);

/** A domain of e-mail addresses in its stored form; subdomains are not included. */
const addressDomain = parsed((value) => {
  const domain = normaliseAddressDomain(value);
  if (domain === undefined) throw new Error('must be a list of address domains such as example.com');
  return domain;
});

/** The entries of a non-empty object; not `z.record`, which ignores a member named `__proto__`. */
const entriesOf = (rule: string) =>
  z
    .custom<JsonObject>((value) => isJsonObject(value) && Object.keys(value).length > 0, rule)
    .transform((value) => Object.entries(value));

const MAPPING = 'must be an object from names of the provider to names of this service';
const mapping = entriesOf(MAPPING)
  .pipe(z.array(z.tuple([z.string(), z.string(MAPPING)])))
  .transform((entries): Readonly<Record<string, string>> => Object.fromEntries(entries));

const VALUES = 'must name a text, a number, true, false, or a list of those for each claim';
const value = z.union([z.string(), z.number(), z.boolean()], VALUES);

/** A claim or a path to it, and its allowed value or values. */
const requiredClaims = entriesOf('must be an object from claims to the value, or the values, that are good')
  .transform((entries) =>
    entries.map(([claim, good]) => ({ claim, values: Array.isArray(good) ? (good as unknown[]) : [good] })),
  )
  .pipe(z.array(z.object({ claim: z.string(), values: z.array(value).min(1, VALUES) })));

/** The rule of each member; the names are those of the single settings, in lower case. */
export const MEMBERS = {
  /** `iss` of its tokens: usually the provider's URL, but any name is allowed. */
  issuer: name.refine((text) => !CONTROL_CHARACTERS.test(text), {
    error: 'must not hold control characters',
  }),
  audience: texts,
  trusted_audiences: texts,
  clients: texts,
  client_claim: name,
  userinfo: z.boolean(FLAG),
  subject_claim: subjectClaim,
  jwks_url: name.pipe(url('http:', 'https:')),
  algorithms: texts.pipe(z.array(oneOf(...PROVIDER_ALGORITHMS))),
  token_use: name.pipe(oneOf(...TOKEN_USES)),
  required_claims: requiredClaims,
  required_scopes: texts,
  max_auth_age_seconds: z.int(SECONDS).min(0, SECONDS),
  trust_email: z.union([z.boolean(), z.literal('always')], 'must be true, false or "always"'),
  email_verified_text: z.boolean(FLAG),
  link_same_address: texts.pipe(z.array(addressDomain)),
  // A claim, or a path to it.
  email_claim: name,
  email_verified_claim: name,
  name_claim: name,
  picture_claim: name,
  groups_claim: name,
  groups_form: name.pipe(oneOf(...GROUPS_FORMS)),
  group_mapping: mapping,
  domains_claim: name,
  domains_form: name.pipe(oneOf(...GROUPS_FORMS)),
  domain_mapping: mapping,
} satisfies Record<string, z.ZodType>;

/** A parsed entry. */
export type Members = { readonly [K in keyof typeof MEMBERS]?: z.output<(typeof MEMBERS)[K]> };

/** Parses an entry; adds every error to `faults`, with names of members, not values. */
export function readMembers(entry: JsonObject, faults: string[]): Members {
  const members: Record<string, unknown> = {};
  for (const [member, rule] of Object.entries<z.ZodType>(MEMBERS)) {
    if (!(member in entry)) continue;
    const { data, error } = rule.safeParse(entry[member]);
    if (error) faults.push(`${member} ${error.issues[0]?.message}`);
    else members[member] = data;
  }
  return members;
}
