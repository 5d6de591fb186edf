import { Injectable, Logger } from '@nestjs/common';

/** What is worth remembering of who came in, who did not, and what was changed. */
export type AuditEvent =
  | 'auth.registered'
  | 'auth.login.succeeded'
  | 'auth.login.failed'
  | 'auth.refreshed'
  | 'auth.refresh.retried'
  | 'auth.refresh.refused'
  | 'auth.refresh.reused'
  | 'auth.sessions.ended'
  | 'auth.provider-token.ended'
  | 'auth.password.changed'
  | 'auth.reauthentication.failed'
  | 'auth.identity.created'
  | 'auth.identity.linked'
  | 'auth.identity.refused'
  | 'auth.rights.ended';

/** Events that may be an attack. */
const SUSPICIOUS = new Set<AuditEvent>([
  'auth.login.failed',
  'auth.reauthentication.failed',
  'auth.refresh.refused',
  'auth.refresh.reused',
  'auth.identity.refused',
]);

/** The one hook for security events: each is one line of the log, `audit: true`, without secrets. */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');

  record(event: AuditEvent, facts: Readonly<Record<string, unknown>>): void {
    const entry = { msg: event, audit: true, ...facts };
    if (SUSPICIOUS.has(event)) this.logger.warn(entry);
    else this.logger.log(entry);
  }
}
