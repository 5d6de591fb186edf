import { isDisplayName } from '../common/validation/text-rules';
import { webAddress } from '../common/validation/web-address';
import type { ProviderToken } from '../security/principal';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { ExternalProfile } from '../identity/external-profile';
import { normaliseEmail } from '../users/email';
import { isNumericDate, isText } from '../tokens/claim-rules';
import { ClaimReader } from './claim-reader';
import { claimValue } from './claim-value';
import type { ReportClaim } from './unexpected-claims';
import type { JsonObject } from '../common/json-object';

/** The claims that every accepted token contains. */
export interface RequiredClaims extends JsonObject {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** Claims that the issuer's rules accept, and their subject. */
export interface CheckedClaims {
  readonly claims: RequiredClaims;
  /** The permanent name of the user at the issuer. */
  readonly subject: string;
}

/** The end of the year 9999: the latest time that dates and PostgreSQL both write with four digits of year. */
const LAST_SECOND = 253_402_300_799;

/** Reads what is needed to end a token. */
export function readToken(
  { claims, subject }: CheckedClaims,
  { issuer, subjectClaim }: OidcIssuer,
  tokenHash: Buffer,
): ProviderToken {
  return {
    issuer,
    subject,
    subjectClaim,
    tokenHash,
    issuedAt: timeOf(claims.iat),
    expiresAt: timeOf(claims.exp),
  };
}

function timeOf(seconds: number): Date {
  return new Date(Math.min(Math.max(0, seconds), LAST_SECOND) * 1000);
}

/**
 * Maps verified claims to a profile, by the issuer's settings. Values that cannot be stored are ignored; values of an
 * unexpected form go to `report`.
 */
export function mapClaims(
  checked: CheckedClaims,
  issuer: OidcIssuer,
  tokenHash: Buffer,
  report: ReportClaim,
): ExternalProfile {
  const { claims } = checked;
  const read = new ClaimReader(claims, report);
  const picture = read.text(issuer.claims.picture);
  return {
    ...readToken(checked, issuer, tokenHash),
    authenticatedAt: authenticationTime(claims),
    ...verifiedEmail(claims, issuer, read),
    name: displayName(read.text(issuer.claims.name)),
    avatarUrl: picture === undefined ? undefined : webAddress(picture),
    teamRefs: read.groups(issuer.groups),
    domainKeys: read.groups(issuer.domains),
  };
}

/** OpenID Connect Core 1.0 section 2; an `auth_time` that is not a number counts as long ago. */
function authenticationTime({ auth_time: authTime, iat }: RequiredClaims): number {
  if (authTime === undefined) return iat;
  return isNumericDate(authTime) ? authTime : 0;
}

/** OpenID Connect Core 1.0 section 5.1: `email_verified` is a boolean or, if the issuer's settings allow it, the string "true". */
function verifiedEmail(
  claims: JsonObject,
  issuer: OidcIssuer,
  read: ClaimReader,
): Pick<ExternalProfile, 'verifiedEmail' | 'sharesAddress'> {
  const { trustEmail, emailVerifiedText, claims: names } = issuer;
  const isVerified = read.flag(names.emailVerified, emailVerifiedText);
  const email = read.text(names.email);
  if (!isVerified && !trustEmail) return { verifiedEmail: undefined, sharesAddress: false };
  const isMissing = claimValue(claims, names.email) === undefined;
  const address = isMissing && trustEmail ? entraSignInName(claims) : email;
  const normalised = address === undefined ? undefined : normaliseEmail(address);
  const domain = normalised?.slice(normalised.indexOf('@') + 1) ?? '';
  return { verifiedEmail: normalised, sharesAddress: isVerified && issuer.linkSameAddress.includes(domain) };
}

/**
 * Entra often omits `email`; the sign-in name, which administrators assign, replaces it. Entra's tokens are recognised by
 * `tid`. At other providers a user can choose any `preferred_username`, even another user's address.
 */
function entraSignInName({ tid, preferred_username: name }: JsonObject): string | undefined {
  return isText(tid) && isText(name) ? name : undefined;
}

function displayName(claim = ''): string | undefined {
  const name = claim.trim();
  return isDisplayName(name) ? name : undefined;
}
