import { isJsonObject } from '../common/json-object';

/** What has changed in the database, of all that an answer about a token depends on. */
export type Change =
  /** The user's row, membership, assignments or sessions: read them anew. */
  | { readonly kind: 'user-changed'; readonly userId: string }
  /** Deactivated, reactivated or deleted, or `tokens_not_before` has moved: it is in `notBefore` (ISO 8601), null after a deletion. */
  | { readonly kind: 'user-ended'; readonly userId: string; readonly notBefore: string | null }
  | { readonly kind: 'session-ended'; readonly sessionId: string }
  /** Service accounts, their keys or tokens. */
  | { readonly kind: 'services-changed' }
  /** Teams, domains, or too many users at once to name them. */
  | { readonly kind: 'all-changed' }
  /** What happened for a while cannot be told: forget everything. */
  | { readonly kind: 'reset' };

/**
 * A notification of the channel: changes; a heartbeat; a mark, behind the changes of a request, that whoever hears of it confirms; or
 * such a confirmation. The last three have an id.
 */
export type Notice =
  | { readonly changes: readonly Change[] }
  | { readonly heartbeat: string }
  | { readonly mark: string }
  | { readonly heard: string };

/**
 * Parses a payload. Whoever may connect to the database may also notify: a payload of another form counts as a change of
 * everything, which only costs reads.
 */
export function parseNotice(payload: string): Notice {
  const { kind, names, id } = parseObject(payload);
  if (typeof id === 'string') {
    if (kind === 'heartbeat') return { heartbeat: id };
    if (kind === 'mark') return { mark: id };
    if (kind === 'heard') return { heard: id };
  }
  const parse = typeof kind === 'string' ? KINDS.get(kind) : undefined;
  if (parse === undefined || !isListOfTexts(names)) return { changes: [{ kind: 'all-changed' }] };
  return { changes: names.map(parse) };
}

const KINDS = new Map<string, (name: string) => Change>([
  ['user-changed', (userId) => ({ kind: 'user-changed', userId })],
  ['session-ended', (sessionId) => ({ kind: 'session-ended', sessionId })],
  ['user-ended', parseEnd],
  ['services-changed', () => ({ kind: 'services-changed' })],
]);

/** An id, and a time if there is one. */
function parseEnd(name: string): Change {
  const [userId = '', notBefore = null] = name.split(' ');
  return { kind: 'user-ended', userId, notBefore };
}

function parseObject(payload: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
