import { isDisplayName } from '../common/validation/text-rules';
import { webAddress } from '../common/validation/web-address';
import type { ProviderToken } from '../security/principal';
import type { OidcIssuer, TrustEmail } from '../config/oidc-issuer';
import type { EmailFault, ExternalProfile } from '../identity/external-profile';
import { normaliseEmail } from '../users/email';
import { isNumericDate, isText } from '../tokens/claim-rules';
import { ClaimReader, type Flag } from './claim-reader';
import { claimValue } from './claim-value';
import { clientOf } from './client-of-token';
import type { ReportClaim } from './unexpected-claims';
import type { JsonObject } from '../common/json-object';

interface SubjectClaims extends JsonObject {
  readonly sub: string;
}

/** The claims that every accepted token contains. */
export interface RequiredClaims extends SubjectClaims {
  readonly iat: number;
  readonly exp: number;
}

/** Claims that the issuer's rules accept, and their subject. */
export interface CheckedClaims {
  readonly kind: 'id' | 'access';
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

/** The profile of a token without an address, with what userinfo says instead, about the same subject. */
export function mapUserinfo(
  profile: ExternalProfile,
  userinfo: SubjectClaims,
  issuer: OidcIssuer,
  report: ReportClaim,
): ExternalProfile {
  const read = new ClaimReader(userinfo, report);
  const picture = read.text(issuer.claims.picture);
  return {
    ...profile,
    ...verifiedEmail(userinfo, issuer, read),
    name: profile.name ?? displayName(read.text(issuer.claims.name)),
    avatarUrl: profile.avatarUrl ?? (picture === undefined ? undefined : webAddress(picture)),
  };
}

/** OpenID Connect Core 1.0 section 2; an `auth_time` that is not a number counts as long ago. */
function authenticationTime({ auth_time: authTime, iat }: RequiredClaims): number {
  if (authTime === undefined) return iat;
  return isNumericDate(authTime) ? authTime : 0;
}

/**
 * OpenID Connect Core 1.0 section 5.1: `email_verified` is a boolean or, if the issuer's settings allow it, the string "true".
 * The setting `trustEmail` stands in for a missing one, or for any other.
 */
function verifiedEmail(
  claims: SubjectClaims,
  issuer: OidcIssuer,
  read: ClaimReader,
): Pick<ExternalProfile, 'verifiedEmail' | 'emailFault' | 'sharesAddress'> {
  const { trustEmail, emailVerifiedText, claims: names } = issuer;
  const proof = read.flag(names.emailVerified, emailVerifiedText);
  const isAccepted = proof === 'true' || isTrusted(proof, trustEmail);
  const email = read.text(names.email);
  const isReplaced = trustEmail !== false && isAccepted && claimValue(claims, names.email) === undefined;
  const address = isReplaced ? entraSignInName(claims) : email;
  const normalised = address === undefined ? undefined : normaliseEmail(address);
  if (normalised === undefined)
    return without(claims.sub === clientOf(claims, issuer) ? 'client' : 'no-address');
  if (!isAccepted) return without(`unverified-${proof}`);
  const domain = normalised.slice(normalised.indexOf('@') + 1);
  const sharesAddress = proof === 'true' && issuer.linkSameAddress.includes(domain);
  return { verifiedEmail: normalised, emailFault: undefined, sharesAddress };
}

function isTrusted(proof: Flag, trustEmail: TrustEmail): boolean {
  return trustEmail === 'always' || (trustEmail && proof === 'missing');
}

function without(emailFault: EmailFault) {
  return { verifiedEmail: undefined, emailFault, sharesAddress: false };
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
