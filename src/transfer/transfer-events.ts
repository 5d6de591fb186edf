import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface ImportFacts extends AuditFacts {
  readonly created: number;
  readonly updated: number;
  readonly sessions_ended: number;
}

interface ExportFacts extends AuditFacts {
  readonly with_hashes: boolean;
  /** Absent when it begins. */
  readonly count?: number;
}

export const USERS_IMPORTED = auditEvent<ImportFacts>('users.imported', 'success');
export const USERS_EXPORT_STARTED = auditEvent<ExportFacts>('users.export.started', 'success');
export const USERS_EXPORTED = auditEvent<ExportFacts>('users.exported', 'success');
