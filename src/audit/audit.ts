import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currentRequest } from '../common/request-scope';
import { afterCommit } from '../database/after-commit';
import type { AuditEvent, AuditFacts } from './audit-event';

/**
 * Records security events: each is one log line with `audit: true`, at every log level, with request, actor, origin and
 * outcome. The rooms declare their events (`auditEvent`) next to their services.
 */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');

  /** Records an event of the manager's transaction, or one that stands by itself; the line is written after the commit. */
  async record<Facts extends AuditFacts>(
    event: AuditEvent<Facts>,
    facts: Facts,
    manager?: EntityManager,
  ): Promise<void> {
    const scope = currentRequest();
    const { user_id: userId } = facts;
    const user = event.isByUser && userId !== undefined ? { kind: 'user', id: userId } : null;
    const entry = {
      msg: event.type,
      audit: true,
      outcome: event.outcome,
      // The caller of the request, or the user who has just authenticated; null when neither is known.
      actor: scope?.caller ?? user,
      source: scope ? { ip: scope.origin.ipAddress, user_agent: scope.origin.userAgent } : null,
      ...facts,
    };
    const write = () => this.write(event, entry);
    if (manager) afterCommit(manager, write);
    else write();
    return Promise.resolve();
  }

  private write(event: AuditEvent<AuditFacts>, entry: object): void {
    if (event.outcome === 'success') this.logger.log(entry);
    else this.logger.warn(entry);
  }
}
