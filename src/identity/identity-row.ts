import type {
  DomainContext,
  EffectiveDomain,
  IdentityContext,
  PlatformRole,
  TeamMembershipContext,
} from '../security/identity-context';
import { storedWebAddress } from '../common/validation/web-address';

type TeamTuple = [
  id: string,
  name: string,
  externalRef: string | null,
  isActive: boolean,
  role: string | null,
];
type DomainTuple = [id: string, key: string, name: string, parentDomainId: string | null, isActive: boolean];
/** Null when there are none. */
type EffectiveDomainColumns = [ids: string | null, keys: readonly string[] | null];

const UUID_LENGTH = 36;

/** Behind every path that begins with one: no id is all of ones. */
const LAST_ID = `'\\x${'ff'.repeat(17)}'::bytea`;

/**
 * The active domains of a user `u` and all active ones below them, each once, however often it is reached: whatever a domain hands
 * on follows it in the index on the paths, one look for each domain assigned. OFFSET 0 keeps it so: the planner takes every range
 * for a wide one. Ids one after the other, and a list of keys: less to write and to send than a list of pairs.
 */
const EFFECTIVE_DOMAINS = `
  (SELECT json_build_array(string_agg(id::text, ''), json_agg(key)) FROM (
     SELECT DISTINCT ON (below.key COLLATE "C") below.id, below.key
     FROM user_domains a JOIN domains d ON d.id = a.domain_id CROSS JOIN LATERAL (
       SELECT b.id, b.key FROM domains b
       WHERE b.active_path >= d.active_path AND b.active_path < d.active_path || ${LAST_ID} OFFSET 0) AS below
     WHERE a.user_id = u.id ORDER BY below.key COLLATE "C") AS reached)`;

/**
 * The columns of a user `u` with teams and domains. The lists are aggregated in sub-selects: a flat join would multiply
 * their rows.
 */
export const IDENTITY_COLUMNS = `
  u.id, u.email, u.email_verified_at IS NOT NULL AS email_verified, u.name, u.avatar_url, u.created_at, u.is_active, u.role,
  (SELECT json_agg(json_build_array(t.id, t.name, t.external_ref, t.is_active, m.role) ORDER BY t.name)
     FROM team_memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id) AS teams,
  (SELECT json_agg(json_build_array(d.id, d.key, d.name, d.parent_domain_id, d.is_active) ORDER BY d.name, d.key)
     FROM user_domains a JOIN domains d ON d.id = a.domain_id WHERE a.user_id = u.id) AS domains,
  ${EFFECTIVE_DOMAINS} AS effective_domains`;

/** A row of these columns: columns of `users`, and JSON lists (null when empty). */
export interface IdentityRow {
  readonly id: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
  readonly avatar_url: string | null;
  readonly created_at: Date;
  readonly is_active: boolean;
  readonly role: PlatformRole;
  readonly teams: readonly TeamTuple[] | null;
  readonly domains: readonly DomainTuple[] | null;
  readonly effective_domains: EffectiveDomainColumns;
}

/** Maps a row to the identity context. */
export function parseIdentityRow(row: IdentityRow): IdentityContext {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name,
    avatarUrl: storedWebAddress(row.avatar_url),
    createdAt: row.created_at,
    isActive: row.is_active,
    role: row.role,
    teams: (row.teams ?? []).map(parseTeam),
    domains: (row.domains ?? []).map(parseDomain),
    effectiveDomains: parseEffectiveDomains(row.effective_domains),
  };
}

function parseTeam([id, name, externalRef, isActive, role]: TeamTuple): TeamMembershipContext {
  return { id, name, externalRef, isActive, role };
}

function parseDomain([id, key, name, parentDomainId, isActive]: DomainTuple): DomainContext {
  return { id, key, name, parentDomainId, isActive };
}

function parseEffectiveDomains([ids, keys]: EffectiveDomainColumns): EffectiveDomain[] {
  return (keys ?? []).map((key, n) => ({
    id: (ids ?? '').slice(n * UUID_LENGTH, (n + 1) * UUID_LENGTH),
    key,
  }));
}
