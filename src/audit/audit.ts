import { Injectable, Logger } from '@nestjs/common';
import { currentRequest, type Caller, type RequestScope } from '../common/request-scope';

/** How what is remembered came out: it was done, it failed, or it was refused to somebody who may not. */
type Outcome = 'success' | 'failure' | 'denied';

/** What is worth remembering of who came in, who did not, and what was changed. */
const EVENTS = {
  'auth.registered': 'success',
  'auth.login.succeeded': 'success',
  'auth.login.failed': 'failure',
  'auth.refreshed': 'success',
  'auth.refresh.retried': 'success',
  'auth.refresh.refused': 'denied',
  'auth.refresh.reused': 'denied',
  'auth.sessions.ended': 'success',
  'auth.provider-token.ended': 'success',
  'auth.password.changed': 'success',
  'auth.password.change-failed': 'failure',
  'auth.reauthentication.failed': 'failure',
  'auth.identity.created': 'success',
  'auth.identity.linked': 'success',
  'auth.identity.refused': 'denied',
  'auth.rights.ended': 'success',
  'auth.access.denied': 'denied',
} as const satisfies Record<string, Outcome>;

export type AuditEvent = keyof typeof EVENTS;

/** Events whose user has proven by them who they are: nobody else acts. */
const BY_THE_USER = new Set<AuditEvent>([
  'auth.registered',
  'auth.login.succeeded',
  'auth.refreshed',
  'auth.refresh.retried',
  'auth.identity.created',
  'auth.identity.linked',
]);

/** What an event is about, besides who asked for it and from where. */
export interface AuditFacts {
  readonly user_id?: string | undefined;
  readonly [name: string]: unknown;
}

/**
 * The one hook for security events: each is one line of the log, `audit: true`, whatever the log level, with the request, who
 * acts, from where, and the outcome; without secrets and addresses.
 */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');

  record(event: AuditEvent, facts: AuditFacts): void {
    const scope = currentRequest();
    const outcome: Outcome = EVENTS[event];
    const entry = {
      msg: event,
      audit: true,
      outcome,
      actor: actorOf(event, facts, scope),
      source: scope ? { ip: scope.origin.ipAddress, user_agent: scope.origin.userAgent } : null,
      ...facts,
    };
    if (outcome === 'success') this.logger.log(entry);
    else this.logger.warn(entry);
  }
}

/** The caller that the guard has found, or the user who has just proven who they are; null when nobody is known to act. */
function actorOf(
  event: AuditEvent,
  { user_id: id }: AuditFacts,
  scope: RequestScope | undefined,
): Caller | null {
  if (scope?.caller) return scope.caller;
  return id !== undefined && BY_THE_USER.has(event) ? { kind: 'user', id } : null;
}
