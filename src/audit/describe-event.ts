import { randomUUID } from 'node:crypto';
import { currentRequest } from '../common/request-scope';
import type { AuditEvent, AuditFacts } from './audit-event';
import type { UntimedEntry } from './audit-log';

type Context = Pick<UntimedEntry, 'requestId' | 'actor' | 'ip' | 'userAgent'>;

/** Facts that name what was acted on, where no user is named. */
const TARGETS = new Map([
  ['team_id', 'team'],
  ['domain_id', 'domain'],
  ['service_id', 'service-account'],
]);

/** An event as a log line, and as a row. */
export function describeEvent<Facts extends AuditFacts>(
  event: AuditEvent<Facts>,
  facts: Facts,
  actor?: UntimedEntry['actor'],
): { readonly line: object; readonly entry: UntimedEntry } {
  const context = contextOf(event, facts, actor);
  return {
    line: { msg: event.type, audit: true, outcome: event.outcome, ...context.line, ...facts },
    entry: { ...entryOf(event, facts), ...context.entry },
  };
}

/** Who acts and from where: for the log line, and for the row. */
function contextOf(
  { isByUser }: AuditEvent<AuditFacts>,
  { user_id: userId }: AuditFacts,
  known?: UntimedEntry['actor'],
): { readonly line: object; readonly entry: Context } {
  const scope = currentRequest();
  const user = isByUser && userId !== undefined ? { kind: 'user', id: userId } : null;
  // The caller of the request, or the user who has just authenticated; null when neither is known.
  const actor = known ?? scope?.caller ?? user;
  if (!scope)
    return { line: { actor, source: null }, entry: { requestId: null, actor, ip: null, userAgent: null } };
  const { ipAddress: ip, userAgent } = scope.origin;
  return {
    line: { actor, source: { ip, user_agent: userAgent } },
    entry: { requestId: scope.id, actor, ip, userAgent },
  };
}

/** What happened to what. */
function entryOf(
  { type, outcome }: AuditEvent<AuditFacts>,
  facts: AuditFacts,
): Omit<UntimedEntry, keyof Context> {
  const { user_id: userId, target, changes, ...others } = facts as AuditFacts & Record<string, unknown>;
  const { changed, ...rest } = others;
  const details = target === undefined ? rest : { user_id: userId, ...rest };
  return {
    id: randomUUID(),
    type,
    outcome,
    target: target ?? targetOf(facts),
    changes: textOf(changes ?? namesAsChanges(changed)),
    details: textOf(details),
  };
}

function targetOf(facts: AuditFacts): UntimedEntry['target'] {
  if (facts.user_id !== undefined) return { kind: 'user', id: facts.user_id };
  for (const [name, kind] of TARGETS) {
    const id = (facts as Record<string, unknown>)[name];
    if (typeof id === 'string') return { kind, id };
  }
  return null;
}

/** Names of fields are changes without values. */
function namesAsChanges(changed: unknown): object | undefined {
  return Array.isArray(changed) ? Object.fromEntries(changed.map((name) => [String(name), {}])) : undefined;
}

function textOf(value: object | undefined): string | null {
  const text = JSON.stringify(value ?? {});
  return text === '{}' ? null : text;
}
