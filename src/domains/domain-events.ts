import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface DomainFacts extends AuditFacts {
  readonly domain_id: string;
}

interface ChangedDomainFacts extends DomainFacts {
  /** Names of the members that the request held. */
  readonly changed: readonly string[];
}

interface DeletedDomainFacts extends DomainFacts {
  /** How many domains have moved up in its place. */
  readonly moved: number;
}

interface AssignmentFacts extends DomainFacts {
  readonly user_id: string;
}

export const DOMAIN_CREATED = auditEvent<DomainFacts>('domain.created', 'success');
export const DOMAIN_UPDATED = auditEvent<ChangedDomainFacts>('domain.updated', 'success');
export const DOMAIN_DELETED = auditEvent<DeletedDomainFacts>('domain.deleted', 'success');
export const DOMAIN_ASSIGNED = auditEvent<AssignmentFacts>('domain.user.assigned', 'success');
export const DOMAIN_UNASSIGNED = auditEvent<AssignmentFacts>('domain.user.unassigned', 'success');
