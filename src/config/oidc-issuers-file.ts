import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isJsonObject, parseJson, type JsonObject } from '../common/json-object';
import { NoTextError, readTextFile } from '../common/text-file';
import {
  DEFAULT_PROVIDER_ALGORITHMS,
  STANDARD_CLAIMS,
  STRICT_RULES,
  type GroupsClaim,
  type IssuerSource,
  type OidcIssuer,
  type ProfileClaims,
} from './oidc-issuer';
import { MEMBERS, readMembers, type Members } from './oidc-issuer-members';

/** A provider before it is compared with the others; `source` names it in faults. */
export interface DescribedIssuer {
  readonly source: IssuerSource;
  readonly issuer: Omit<OidcIssuer, 'spellings' | 'source'>;
}

/** Reads the list of providers strictly; adds every error to `faults`, with places, not values. */
export function readIssuersFile(path: string, faults: string[]): DescribedIssuer[] {
  const entries = readList(path, faults);
  return entries.flatMap((entry, index) => {
    const place = `AUTH_OIDC_ISSUERS_FILE, entry ${index + 1}`;
    const own: string[] = [];
    const issuer = readEntry(entry, own);
    faults.push(...own.map((fault) => `${place}: ${fault}`));
    if (!issuer || own.length > 0) return [];
    return [{ source: sourceAt(place), issuer }];
  });
}

function sourceAt(place: string): IssuerSource {
  return { issuer: `${place}: issuer`, jwksUrl: `${place}: jwks_url`, algorithms: `${place}: algorithms` };
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
  const list = parseJson(content);
  if (!Array.isArray(list) || list.length === 0) {
    faults.push('AUTH_OIDC_ISSUERS_FILE must hold a JSON list with an object for each issuer');
    return [];
  }
  if (hasDuplicateKeys(content)) faults.push('AUTH_OIDC_ISSUERS_FILE names a member twice in an object');
  return list;
}

function readEntry(entry: unknown, faults: string[]): DescribedIssuer['issuer'] | undefined {
  if (!isJsonObject(entry)) {
    faults.push('must be an object');
    return undefined;
  }
  const unknown = Object.keys(entry).filter((name) => !Object.hasOwn(MEMBERS, name));
  faults.push(...unknown.map((name) => `${JSON.stringify(name)} is not a member of an issuer`));
  const members = readMembers(entry, faults);
  faults.push(...contradictions(entry, members));
  for (const name of ['issuer', 'audience'] as const) {
    if (!(name in entry)) faults.push(`${name} is required`);
  }
  const { issuer, audience } = members;
  return issuer === undefined || audience === undefined
    ? undefined
    : describe({ ...members, issuer, audience });
}

/** Contradictions between members of an entry. */
function contradictions(entry: JsonObject, members: Members): string[] {
  const needs = [
    ['group_mapping', 'groups_claim'],
    ['groups_form', 'groups_claim'],
    ['domain_mapping', 'domains_claim'],
    ['domains_form', 'domains_claim'],
    ['client_claim', 'clients'],
  ] as const;
  const faults = needs
    .filter(([name, other]) => name in entry && !(other in entry))
    .map(([name, other]) => `${name} needs ${other}`);
  if (members.link_same_address && members.trust_email) {
    faults.push(
      'link_same_address needs addresses that the provider verifies, so it cannot stand beside trust_email',
    );
  }
  const personal = [members.email_claim, members.name_claim, members.picture_claim];
  if (members.subject_claim !== undefined && personal.includes(members.subject_claim)) {
    faults.push('subject_claim must be another claim than those about the person');
  }
  return faults;
}

function describe(members: Members & { issuer: string; audience: string[] }): DescribedIssuer['issuer'] {
  return {
    issuer: members.issuer,
    audiences: members.audience,
    jwksUrl: members.jwks_url,
    algorithms: members.algorithms ?? DEFAULT_PROVIDER_ALGORITHMS,
    tokenUse: members.token_use ?? 'any',
    trustEmail: members.trust_email ?? false,
    claims: profileClaims(members),
    groups: groupsClaim(members.groups_claim, members.groups_form, members.group_mapping),
    domains: groupsClaim(members.domains_claim, members.domains_form, members.domain_mapping),
    ...tokenRules(members),
  };
}

function tokenRules(members: Members): Pick<OidcIssuer, keyof typeof STRICT_RULES> {
  return {
    subjectClaim: members.subject_claim ?? STRICT_RULES.subjectClaim,
    trustedAudiences: members.trusted_audiences ?? STRICT_RULES.trustedAudiences,
    unmarkedKind: members.token_use === 'access' ? 'access' : STRICT_RULES.unmarkedKind,
    requiredClaims: members.required_claims ?? STRICT_RULES.requiredClaims,
    requiredScopes: members.required_scopes ?? STRICT_RULES.requiredScopes,
    maxAuthAgeSeconds: members.max_auth_age_seconds,
    linkSameAddress: members.link_same_address ?? STRICT_RULES.linkSameAddress,
    emailVerifiedText: members.email_verified_text ?? STRICT_RULES.emailVerifiedText,
    clients: members.clients,
    clientClaim: members.client_claim,
    userinfo: members.userinfo ?? STRICT_RULES.userinfo,
  };
}

function profileClaims(members: Members): ProfileClaims {
  return {
    email: members.email_claim ?? STANDARD_CLAIMS.email,
    emailVerified: members.email_verified_claim ?? STANDARD_CLAIMS.emailVerified,
    name: members.name_claim ?? STANDARD_CLAIMS.name,
    picture: members.picture_claim ?? STANDARD_CLAIMS.picture,
  };
}

function groupsClaim(
  claim: string | undefined,
  form: GroupsClaim['form'] = 'list',
  names: Readonly<Record<string, string>> | undefined,
): GroupsClaim | undefined {
  return claim === undefined ? undefined : { claim, form, mapping: names };
}
