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

/** The claims that every accepted token has. */
export interface RequiredClaims extends JsonObject {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** Claims that the rules of the issuer accept, and who they are about. */
export interface CheckedClaims {
  readonly claims: RequiredClaims;
  /** Names the person at the issuer, for ever. */
  readonly subject: string;
}

/** The end of the year 9999: nothing lives longer, and every part of the program can write it. */
const LAST_SECOND = 253_402_300_799;

/** Reads what it takes to end a token. */
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
 * Reads a person from verified claims, by the rules of the issuer. What is not fit to be stored is passed over; what has
 * another form than expected goes to `report`.
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

/** OpenID Connect Core 1.0 section 2; what is no time says nothing, and so stands for long ago. */
function authenticationTime({ auth_time: authTime, iat }: RequiredClaims): number {
  if (authTime === undefined) return iat;
  return isNumericDate(authTime) ? authTime : 0;
}

/** OpenID Connect Core 1.0 section 5.1: `email_verified` is a boolean; where the issuer may, it is the text "true". */
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
 * Entra often says no `email`; the sign-in name, which it gives and people do not choose, stands in. Its tokens name their
 * tenant in `tid`. At other providers people may choose any `preferred_username`, another person's address too.
 */
function entraSignInName({ tid, preferred_username: name }: JsonObject): string | undefined {
  return isText(tid) && isText(name) ? name : undefined;
}

function displayName(claim = ''): string | undefined {
  const name = claim.trim();
  return isDisplayName(name) ? name : undefined;
}
