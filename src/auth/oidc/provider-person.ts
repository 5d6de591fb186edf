import { isDisplayName, isStorableText } from '../../common/validation/text-rules';
import { webAddress } from '../../common/validation/web-address';
import type { ProviderToken } from '../../common/security/principal';
import type { GroupsClaim, OidcIssuer } from '../../config/auth.config';
import { normaliseEmail } from '../../users/email';
import { isNumericDate, isText } from '../tokens/claim-rules';
import { claimValue } from './claim-value';
import { isJsonObject, type JsonObject } from '../../common/json-object';

/** A person as the verified claims of a provider describe them, in a token issued at `issuedAt`. */
export interface ProviderPerson extends ProviderToken {
  /** When they proved to the provider who they are, in seconds since 1970. */
  readonly authenticatedAt: number;
  /** Normalised; undefined when there is no address, or nobody vouches for it. */
  readonly verifiedEmail: string | undefined;
  readonly name: string | undefined;
  readonly avatarUrl: string | undefined;
  /** External references of the teams that the person is in; undefined when the provider has no say in that. */
  readonly teamRefs: readonly string[] | undefined;
  /** Keys of the domains, in the same way. */
  readonly domainKeys: readonly string[] | undefined;
}

/** The claims that every accepted token has. */
export interface RequiredClaims extends JsonObject {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** The end of the year 9999: nothing lives longer, and every part of the program can write it. */
const LAST_SECOND = 253_402_300_799;

/** Reads what it takes to end a token. */
export function readToken(claims: RequiredClaims, issuer: OidcIssuer, tokenHash: Buffer): ProviderToken {
  return {
    issuer: issuer.issuer,
    subject: claims.sub,
    tokenHash,
    issuedAt: timeOf(claims.iat),
    expiresAt: timeOf(claims.exp),
  };
}

function timeOf(seconds: number): Date {
  return new Date(Math.min(Math.max(0, seconds), LAST_SECOND) * 1000);
}

/** Reads a person from verified claims, by the rules of the issuer. What is not fit to be stored is passed over. */
export function readPerson(claims: RequiredClaims, issuer: OidcIssuer, tokenHash: Buffer): ProviderPerson {
  const picture = claimValue(claims, issuer.claims.picture);
  return {
    ...readToken(claims, issuer, tokenHash),
    authenticatedAt: authenticationTime(claims),
    verifiedEmail: verifiedEmail(claims, issuer),
    name: displayName(claimValue(claims, issuer.claims.name)),
    avatarUrl: isText(picture) ? webAddress(picture) : undefined,
    teamRefs: listed(claims, issuer.groups),
    domainKeys: listed(claims, issuer.domains),
  };
}

/** OpenID Connect Core 1.0 section 2; what is no time says nothing, and so stands for long ago. */
function authenticationTime({ auth_time: authTime, iat }: RequiredClaims): number {
  if (authTime === undefined) return iat;
  return isNumericDate(authTime) ? authTime : 0;
}

/** OpenID Connect Core 1.0 section 5.1: `email_verified` is a boolean; the text "true" vouches for nothing. */
function verifiedEmail(
  claims: JsonObject,
  { trustEmail, claims: names }: Pick<OidcIssuer, 'trustEmail' | 'claims'>,
): string | undefined {
  if (claimValue(claims, names.emailVerified) !== true && !trustEmail) return undefined;
  const email = claimValue(claims, names.email);
  const address = email === undefined && trustEmail ? entraSignInName(claims) : email;
  return isText(address) ? normaliseEmail(address) : undefined;
}

/**
 * Entra often says no `email`; the sign-in name, which it gives and people do not choose, stands in. Its tokens name their
 * tenant in `tid`. At other providers people may choose any `preferred_username`, another person's address too.
 */
function entraSignInName({ tid, preferred_username: name }: JsonObject): unknown {
  return isText(tid) ? name : undefined;
}

function displayName(claim: unknown): string | undefined {
  const name = isText(claim) ? claim.trim() : '';
  return isDisplayName(name) ? name : undefined;
}

/** A claim that is not there lists nothing: Cognito leaves out the groups of a person who is in none. */
function listed(claims: JsonObject, groups: GroupsClaim | undefined): readonly string[] | undefined {
  if (!groups || isElsewhere(claims, groups.claim)) return undefined;
  const value = claimValue(claims, groups.claim);
  const names = (Array.isArray(value) ? value : [value]).filter(
    (name): name is string => isText(name) && isStorableText(name),
  );
  const { mapping } = groups;
  return mapping
    ? names.flatMap((name) => (Object.hasOwn(mapping, name) ? (mapping[name] ?? []) : []))
    : names;
}

/**
 * Too long for the token, so the provider only says where to ask (OpenID Connect Core 1.0 section 5.6.2; Entra calls it
 * overage, and says `hasgroups` in the implicit flow). Then we do not know, and leave things as they are.
 */
function isElsewhere(claims: JsonObject, claim: string): boolean {
  if (Object.hasOwn(claims, claim)) return false;
  const { _claim_names: elsewhere, hasgroups } = claims;
  return (
    (isJsonObject(elsewhere) && Object.hasOwn(elsewhere, claim)) || (claim === 'groups' && hasgroups === true)
  );
}
