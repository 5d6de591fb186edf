import { auditEvent, type AuditFacts } from '../audit/audit-event';

interface MailEventFacts extends AuditFacts {
  readonly mail_id: string;
  readonly kind: string;
  readonly reason: string;
}

export const MAIL_GIVEN_UP = auditEvent<MailEventFacts>('mail.given-up', 'failure');
