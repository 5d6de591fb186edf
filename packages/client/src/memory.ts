import type { Verification } from './types';
import { readClaims } from './json';
import { now, since, type Moment } from './moment';

/** More users and sessions than this with events at once are taken for all of them. */
const MOST_SUBJECTS = 10_000;

interface Entry {
  readonly verification: Verification & { readonly valid: true };
  readonly begun: Moment;
  readonly lifeMs: number;
  readonly expiresAt: number;
  readonly sid: string | undefined;
}

interface Ended {
  readonly at: Moment;
  /** Whether nothing brings it back. */
  readonly forGood: boolean;
}

/**
 * Answers of the service, until an event or time ends them. It remembers the events of the last `bound_ms` too: a replica that has
 * not heard of a change yet may answer as before it, and such an answer must not stay.
 */
export class Memory {
  private readonly entries = new Map<string, Entry>();
  private readonly bySession = new Map<string, Set<string>>();
  private readonly byUser = new Map<string, Set<string>>();
  private readonly events = new Map<string, Ended>();
  private everything: Moment | undefined;
  /** How long replicas may answer as before a change, in milliseconds: `bound_ms` of the feed. */
  windowMs = 0;

  constructor(
    private readonly maxEntries: number,
    private readonly maxAgeMs: number,
  ) {}

  /** How many answers it holds. */
  get size(): number {
    return this.entries.size;
  }

  /**
   * The answer that is kept for a token.
   *
   * @param graceMs so much longer an answer is kept that was to be asked for anew because a replica may have been late
   */
  find(token: string, graceMs: number): Verification | undefined {
    const entry = this.entries.get(token);
    if (entry === undefined) return undefined;
    const lifeMs = Math.min(this.maxAgeMs, entry.lifeMs + graceMs);
    if (since(entry.begun) >= lifeMs || Date.now() >= entry.expiresAt) {
      this.drop(token, entry);
      return undefined;
    }
    this.entries.delete(token);
    this.entries.set(token, entry); // as the most recently used
    return entry.verification;
  }

  /** Whether an event since `begun` ends what was then known of a token. */
  isOvertaken(token: string, userId: string | undefined, begun: Moment): boolean {
    const last = this.lastEvent(sessionOf(token), userId ?? userOf(token));
    return last !== undefined && last.at.steady >= begun.steady;
  }

  /** Whether the session of a token has just ended, whatever a replica says that has not heard of it. */
  hasEnded(token: string): boolean {
    const sid = sessionOf(token);
    const event = sid === undefined ? undefined : this.events.get(`sid ${sid}`);
    return event !== undefined && event.forGood && since(event.at) < this.windowMs;
  }

  /** Keeps an answer to a question of `begun`. */
  store(token: string, verification: Verification, begun: Moment): void {
    if (!verification.valid) return;
    const claims = readClaims(token);
    const sid = typeof claims.sid === 'string' ? claims.sid : undefined;
    const lifeMs = this.lifeOf(this.lastEvent(sid, verification.user.id), begun);
    const expiresAt = typeof claims.exp === 'number' ? claims.exp * 1000 : 0;
    if (lifeMs <= 0 || expiresAt <= Date.now()) return;
    const present = this.entries.get(token);
    if (present) this.drop(token, present);
    this.keep(token, { verification, begun, lifeMs, expiresAt, sid });
    if (this.entries.size > this.maxEntries) this.dropOldest();
  }

  /** How long an answer may stay. Within the window after an event, a replica may not have heard of it. */
  private lifeOf(last: { readonly at: Moment } | undefined, begun: Moment): number {
    if (last === undefined) return this.maxAgeMs;
    const ago = begun.steady - last.at.steady;
    if (ago <= 0) return 0;
    return ago < this.windowMs ? Math.min(this.maxAgeMs, this.windowMs - ago) : this.maxAgeMs;
  }

  /** Forgets the answers of a session, for good. */
  sessionEnded(sid: string): void {
    this.note(`sid ${sid}`, true);
    this.dropAll(this.bySession.get(sid));
  }

  /** Forgets the answers about a user. */
  userChanged(id: string): void {
    this.note(`uid ${id}`, false);
    this.dropAll(this.byUser.get(id));
  }

  /** Forgets everything. */
  clear(): void {
    this.everything = now();
    this.entries.clear();
    this.bySession.clear();
    this.byUser.clear();
  }

  private lastEvent(
    sid: string | undefined,
    userId: string | undefined,
  ): { readonly at: Moment } | undefined {
    const found = [
      sid === undefined ? undefined : this.events.get(`sid ${sid}`)?.at,
      userId === undefined ? undefined : this.events.get(`uid ${userId}`)?.at,
      this.everything,
    ].filter((at) => at !== undefined);
    const [first, ...rest] = found;
    if (first === undefined) return undefined;
    return { at: rest.reduce((last, at) => (at.steady > last.steady ? at : last), first) };
  }

  private note(subject: string, forGood: boolean): void {
    this.events.delete(subject);
    this.events.set(subject, { at: now(), forGood });
    // The oldest stand first.
    for (const [name, { at }] of this.events) {
      if (since(at) < this.windowMs) break;
      this.events.delete(name);
    }
    if (this.events.size <= MOST_SUBJECTS) return;
    this.events.clear();
    this.clear();
  }

  private keep(token: string, entry: Entry): void {
    this.entries.set(token, entry);
    add(this.byUser, entry.verification.user.id, token);
    if (entry.sid !== undefined) add(this.bySession, entry.sid, token);
  }

  private drop(token: string, { verification, sid }: Entry): void {
    this.entries.delete(token);
    remove(this.byUser, verification.user.id, token);
    if (sid !== undefined) remove(this.bySession, sid, token);
  }

  private dropAll(tokens: Iterable<string> = []): void {
    for (const token of [...tokens]) {
      const entry = this.entries.get(token);
      if (entry) this.drop(token, entry);
    }
  }

  private dropOldest(): void {
    for (const [token, entry] of this.entries) {
      this.drop(token, entry);
      return;
    }
  }
}

function sessionOf(token: string): string | undefined {
  const { sid } = readClaims(token);
  return typeof sid === 'string' ? sid : undefined;
}

function userOf(token: string): string | undefined {
  const { uid } = readClaims(token);
  return typeof uid === 'string' ? uid : undefined;
}

function add(index: Map<string, Set<string>>, name: string, token: string): void {
  const tokens = index.get(name);
  if (tokens) tokens.add(token);
  else index.set(name, new Set([token]));
}

function remove(index: Map<string, Set<string>>, name: string, token: string): void {
  const tokens = index.get(name);
  tokens?.delete(token);
  if (tokens?.size === 0) index.delete(name);
}
