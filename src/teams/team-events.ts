import { auditEvent, type AuditFacts } from '../audit/audit-event';
import type { TeamRole } from './team-membership.entity';

interface TeamFacts extends AuditFacts {
  readonly team_id: string;
}

interface ChangedTeamFacts extends TeamFacts {
  /** Names of the members that the request held. */
  readonly changed: readonly string[];
}

interface MemberFacts extends TeamFacts {
  readonly user_id: string;
  readonly role: TeamRole;
}

export const TEAM_CREATED = auditEvent<TeamFacts>('team.created', 'success');
export const TEAM_UPDATED = auditEvent<ChangedTeamFacts>('team.updated', 'success');
export const TEAM_DELETED = auditEvent<TeamFacts>('team.deleted', 'success');
export const MEMBER_ADDED = auditEvent<MemberFacts>('team.member.added', 'success');
export const MEMBER_UPDATED = auditEvent<MemberFacts>('team.member.updated', 'success');
export const MEMBER_REMOVED = auditEvent<MemberFacts>('team.member.removed', 'success');
