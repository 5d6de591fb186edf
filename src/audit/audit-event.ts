/** The outcome of an event: done, failed, or denied to a caller without permission. */
export type Outcome = 'success' | 'failure' | 'denied';

/** What an event was done to, such as a team. */
export interface AuditTarget {
  readonly kind: string;
  readonly id: string;
}

/** Changed fields by name; values only where they are neither secret nor personal. */
export type AuditChanges = Readonly<Record<string, { readonly from?: unknown; readonly to?: unknown }>>;

/** Facts of an event, besides its actor and origin. No secrets, no e-mail addresses. */
export interface AuditFacts {
  readonly user_id?: string | undefined;
  /** Needed only where the facts' `user_id` is not the target. */
  readonly target?: AuditTarget;
  readonly changes?: AuditChanges;
}

/** A type of security event with its facts. */
export interface AuditEvent<Facts extends AuditFacts> {
  /** Its name in the log, such as `auth.login.failed`. */
  readonly type: string;
  readonly outcome: Outcome;
  /** Whether the event authenticates its user, who is then the actor if the guard found no caller. */
  readonly isByUser: boolean;
  /** Whether what it tells goes on when its row cannot be written. */
  readonly mayBeMissed: boolean;
  /** For the type checker only. */
  readonly facts?: Facts;
}

const declared = new Set<string>();

/** Declares a type of event, next to the services that record it; throws when it is declared twice. */
export function auditEvent<Facts extends AuditFacts>(
  type: string,
  outcome: Outcome,
  {
    isByUser = false,
    mayBeMissed = false,
  }: { readonly isByUser?: boolean; readonly mayBeMissed?: boolean } = {},
): AuditEvent<Facts> {
  if (declared.has(type)) throw new Error(`the audit event ${type} is declared twice`);
  declared.add(type);
  return Object.freeze({ type, outcome, isByUser, mayBeMissed });
}
