/** How an event came out: done, failed, or refused to a caller who may not. */
export type Outcome = 'success' | 'failure' | 'denied';

/** What an event is about, besides who asked for it and from where. No secrets, no addresses. */
export interface AuditFacts {
  readonly user_id?: string | undefined;
}

/** A kind of security event, with the facts that each of them tells. */
export interface AuditEvent<Facts extends AuditFacts> {
  /** Its name in the log, such as `auth.login.failed`. */
  readonly type: string;
  readonly outcome: Outcome;
  /** Whether the user of the event has proven by it who they are, and so is who acts when the guard found no caller. */
  readonly isByUser: boolean;
  /** For the compiler alone. */
  readonly facts?: Facts;
}

const declared = new Set<string>();

/** Declares a kind of event, next to the services that record it; each once in the program. */
export function auditEvent<Facts extends AuditFacts>(
  type: string,
  outcome: Outcome,
  { isByUser = false }: { readonly isByUser?: boolean } = {},
): AuditEvent<Facts> {
  if (declared.has(type)) throw new Error(`the audit event ${type} is declared twice`);
  declared.add(type);
  return Object.freeze({ type, outcome, isByUser });
}
