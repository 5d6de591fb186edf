import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IdentityContext } from '../security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';
import type { ProfileChanges } from '../users/users.repository';
import type { ExternalProfile } from './external-profile';

/**
 * The user linked to (issuer, subject), whether the provider's claims differ from what is stored, and whether the token has
 * ended. Parameters 3 and 4 are the teams and domains that the token names, null to skip their comparison; 5 and 6 are its
 * hash and `iat`; 7 is the claim that holds the subject.
 */
const BY_PROVIDER: PreparedStatement = {
  name: 'identity-by-provider',
  text: `
  SELECT ${IDENTITY_COLUMNS},
    i.name AS provider_name, i.avatar_url AS provider_avatar_url, i.claims_issued_at,
    (SELECT max(s.claims_issued_at) FROM user_identities s
      WHERE s.user_id = u.id AND s.issuer = $1) AS memberships_issued_at,
    $6::timestamptz > clock_timestamp() AS is_ahead,
    ($6 < u.tokens_not_before OR $6 <= i.tokens_refused_until) IS TRUE
      OR EXISTS (SELECT FROM ended_provider_tokens e WHERE e.hash = $5) AS has_ended,
    ($3::text[] IS NOT NULL AND (
      EXISTS (SELECT FROM teams t WHERE t.external_ref = ANY ($3)
        AND NOT EXISTS (SELECT FROM team_memberships m WHERE m.team_id = t.id AND m.user_id = u.id
          AND $1 = ANY (m.provider_issuers)))
      OR EXISTS (SELECT FROM team_memberships m JOIN teams t ON t.id = m.team_id
        WHERE m.user_id = u.id AND $1 = ANY (m.provider_issuers) AND coalesce(t.external_ref = ANY ($3), false) IS FALSE)
    )) OR ($4::text[] IS NOT NULL AND (
      EXISTS (SELECT FROM domains d WHERE d.key = ANY ($4)
        AND NOT EXISTS (SELECT FROM user_domains a WHERE a.domain_id = d.id AND a.user_id = u.id
          AND $1 = ANY (a.provider_issuers)))
      OR EXISTS (SELECT FROM user_domains a JOIN domains d ON d.id = a.domain_id
        WHERE a.user_id = u.id AND $1 = ANY (a.provider_issuers) AND d.key <> ALL ($4))
    )) AS memberships_differ
  FROM user_identities i JOIN users u ON u.id = i.user_id
  WHERE i.issuer = $1 AND i.subject = $2 AND i.subject_claim = $7`,
};

interface ProviderIdentityRow extends IdentityRow {
  readonly provider_name: string | null;
  readonly provider_avatar_url: string | null;
  readonly claims_issued_at: Date;
  /** The latest of all subjects of the issuer that are linked to the user: they share the memberships. */
  readonly memberships_issued_at: Date;
  /** Whether the token was issued in the future: its provider's clock is ahead. */
  readonly is_ahead: boolean;
  readonly has_ended: boolean;
  readonly memberships_differ: boolean;
}

/** A user who is linked to a provider's identity. */
export interface ProviderIdentity {
  readonly identity: IdentityContext;
  /** The members of the profile that the provider changed. */
  readonly profileChanges: ProfileChanges;
  /** Whether the token was ended by a sign-out, or issued before `users.tokens_not_before`. */
  readonly hasEnded: boolean;
  /** Whether teams or domains changed, in a token no older than the last one applied for any subject of the issuer. */
  readonly areMembershipsOutdated: boolean;
  /** Whether profile or memberships changed, in a token no older than the last one applied. */
  readonly isOutdated: boolean;
}

/** Reads the user linked to a provider's identity, always from the database. */
@Injectable()
export class ProviderIdentitiesReader {
  constructor(private readonly database: Database) {}

  async find(profile: ExternalProfile): Promise<ProviderIdentity | undefined> {
    const [row] = await this.database.statement<ProviderIdentityRow>(BY_PROVIDER, parameters(profile));
    return row && parseRow(row, profile);
  }

  /** Inside a transaction, so that its own writes are seen. */
  async findWithin(profile: ExternalProfile, manager: EntityManager): Promise<ProviderIdentity | undefined> {
    const [row] = await manager.query<ProviderIdentityRow[]>(BY_PROVIDER.text, parameters(profile));
    return row && parseRow(row, profile);
  }
}

function parameters(profile: ExternalProfile): unknown[] {
  const { issuer, subject, subjectClaim, teamRefs, domainKeys, tokenHash, issuedAt } = profile;
  return [issuer, subject, teamRefs ?? null, domainKeys ?? null, tokenHash, issuedAt, subjectClaim];
}

function parseRow(
  row: ProviderIdentityRow,
  { name, avatarUrl, issuedAt }: ExternalProfile,
): ProviderIdentity {
  const profileChanges: ProfileChanges = {
    ...(name !== undefined && name !== row.provider_name && { name }),
    ...(avatarUrl !== undefined && avatarUrl !== row.provider_avatar_url && { avatarUrl }),
  };
  const isProfileNew = Object.keys(profileChanges).length > 0 && issuedAt >= row.claims_issued_at;
  const areMembershipsOutdated = row.memberships_differ && issuedAt >= row.memberships_issued_at;
  // "End all earlier tokens" goes by `iat` and would miss a token issued in the future: so its `iat` is stored when it is seen.
  const isNoted = !row.is_ahead || issuedAt <= row.claims_issued_at;
  return {
    identity: parseIdentityRow(row),
    profileChanges,
    hasEnded: row.has_ended,
    areMembershipsOutdated,
    isOutdated: isProfileNew || areMembershipsOutdated || !isNoted,
  };
}
