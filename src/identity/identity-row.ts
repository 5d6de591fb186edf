import type {
  DomainContext,
  IdentityContext,
  TeamMembershipContext,
} from '../common/security/identity-context';

type TeamTuple = [
  id: string,
  name: string,
  externalRef: string | null,
  isActive: boolean,
  role: string | null,
];
type DomainTuple = [id: string, key: string, name: string, parentDomainId: string | null, isActive: boolean];

/** What the identity statement answers: columns of `users`, and two lists in JSON (null when empty). */
export interface IdentityRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly avatar_url: string | null;
  readonly created_at: Date;
  readonly is_active: boolean;
  readonly password_hash: string | null;
  readonly teams: readonly TeamTuple[] | null;
  readonly domains: readonly DomainTuple[] | null;
}

/** The row as the rest of the program knows it; the password hash stays behind. */
export function parseIdentityRow(row: IdentityRow): IdentityContext {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    avatarUrl: row.avatar_url,
    createdAt: row.created_at,
    isActive: row.is_active,
    teams: (row.teams ?? []).map(parseTeam),
    domains: (row.domains ?? []).map(parseDomain),
  };
}

function parseTeam([id, name, externalRef, isActive, role]: TeamTuple): TeamMembershipContext {
  return { id, name, externalRef, isActive, role };
}

function parseDomain([id, key, name, parentDomainId, isActive]: DomainTuple): DomainContext {
  return { id, key, name, parentDomainId, isActive };
}
