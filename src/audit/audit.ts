import { Injectable, Logger } from '@nestjs/common';
import { currentRequest } from '../common/request-scope';
import type { AuditEvent, AuditFacts } from './audit-event';

/**
 * The one hook for security events: each is one line of the log, `audit: true`, whatever the log level, with the request, who
 * acts, from where, and the outcome. The rooms declare the events (`auditEvent`) next to their services.
 */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');

  record<Facts extends AuditFacts>(event: AuditEvent<Facts>, facts: Facts): void {
    const scope = currentRequest();
    const { user_id: userId } = facts;
    const user = event.isByUser && userId !== undefined ? { kind: 'user', id: userId } : null;
    const entry = {
      msg: event.type,
      audit: true,
      outcome: event.outcome,
      // The caller that the guard has found, or the user who has just proven who they are; null when neither is known.
      actor: scope?.caller ?? user,
      source: scope ? { ip: scope.origin.ipAddress, user_agent: scope.origin.userAgent } : null,
      ...facts,
    };
    if (event.outcome === 'success') this.logger.log(entry);
    else this.logger.warn(entry);
  }
}
