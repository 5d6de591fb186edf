import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ChangeFeed } from '../../changes/change-feed';
import type { Change } from '../../changes/change';
import { gauge } from '../../common/metrics/instruments';
import { DatabaseConfig } from '../../config/database.config';
import { Snapshot, SnapshotIndex, type TokenLimits } from './snapshot';
import { TextPool } from './text-pool';
import type { UserAnswer } from './user-answer';

const BYTES_PER_MB = 1024 * 1024;
const ENTRIES = gauge('auth_identity_cache_entries', 'Tokens whose answers are in memory', []);
const BYTES = gauge('auth_identity_cache_bytes', 'Estimated memory of these answers', []);

/** A reading of a user and a session that may be remembered, unless one of them changes before it is. */
export interface Fill {
  readonly userId: string;
  readonly sessionId: string;
  isStale: boolean;
}

/** Everything of one generation: a change of everything begins another. */
interface Generation {
  readonly tokens: LRUCache<string, Snapshot>;
  readonly users: SnapshotIndex;
  readonly sessions: SnapshotIndex;
  readonly pool: TextPool;
}

/**
 * The answers about the users of verified tokens, in memory up to `AUTH_IDENTITY_CACHE_MB`, the least recently used leaving first. One is
 * answered only while the feed of changes is current and neither token nor session is over; what is not valid is never remembered.
 */
@Injectable()
export class IdentitySnapshots {
  private readonly maxBytes: number;
  private readonly fills = new Set<Fill>();
  private generation: Generation;

  constructor(
    { identityCacheMb }: DatabaseConfig,
    private readonly changes: ChangeFeed,
  ) {
    this.maxBytes = identityCacheMb * BYTES_PER_MB;
    this.generation = newGeneration(this.maxBytes);
    if (this.isOn) changes.subscribe((change) => this.apply(change));
    ENTRIES.from(() => [[this.generation.tokens.size]]);
    BYTES.from(() => [[this.bytes]]);
  }

  get isOn(): boolean {
    return this.maxBytes > 0;
  }

  /** Whether what is in memory may be answered, and what is read now may be remembered. */
  get isCurrent(): boolean {
    return this.isOn && this.changes.isCurrent;
  }

  /** Estimated bytes in use. */
  get bytes(): number {
    return this.generation.tokens.calculatedSize + this.generation.pool.bytes;
  }

  /** The answer for exactly this token, at `now` by the clock of this process; undefined when the database must be asked. */
  find(token: string, now: number): UserAnswer | undefined {
    if (!this.isCurrent) return undefined;
    const snapshot = this.generation.tokens.get(token);
    if (snapshot === undefined) return undefined;
    const { validFrom, validUntil, sessionEndsAt } = snapshot.limits;
    const isValid = validFrom <= now && now < validUntil && this.changes.databaseTime < sessionEndsAt;
    return isValid ? snapshot.answer : undefined;
  }

  /** To be called before the reading of what shall be kept; undefined when it cannot be kept. `drop` it in any case. */
  begin(userId: string, sessionId: string): Fill | undefined {
    if (!this.isCurrent) return undefined;
    const fill = { userId, sessionId, isStale: false };
    this.fills.add(fill);
    return fill;
  }

  /** Remembers what was read, unless something of it has changed since it began. */
  keep(fill: Fill, token: string, limits: TokenLimits, answer: UserAnswer): void {
    if (fill.isStale || !this.fills.has(fill) || !this.isCurrent) return;
    const { tokens, users, sessions, pool } = this.generation;
    const shared = answer.withElements(answer.elements.map((element) => pool.take(element)));
    const snapshot = new Snapshot(token, limits, shared);
    tokens.set(token, snapshot);
    if (tokens.peek(token) !== snapshot) return release(snapshot, pool); // larger than the whole memory
    users.add(limits.userId, snapshot);
    sessions.add(limits.sessionId, snapshot);
    while (this.bytes > this.maxBytes && tokens.size > 0) tokens.pop();
  }

  /** Ends a filling, whatever came of it. */
  drop(fill: Fill | undefined): void {
    if (fill) this.fills.delete(fill);
  }

  private apply(change: Change): void {
    if (change.kind === 'services-changed') return; // no answer about a user depends on them
    if (change.kind === 'all-changed' || change.kind === 'reset') {
      for (const fill of this.fills) fill.isStale = true;
      this.generation = newGeneration(this.maxBytes);
      return;
    }
    const { tokens, users, sessions } = this.generation;
    const [id, index, key] =
      change.kind === 'session-ended'
        ? ([change.sessionId, sessions, 'sessionId'] as const)
        : ([change.userId, users, 'userId'] as const);
    for (const fill of this.fills) if (fill[key] === id) fill.isStale = true;
    for (const { token } of index.of(id)) tokens.delete(token);
  }
}

function newGeneration(maxSize: number): Generation {
  const users = new SnapshotIndex();
  const sessions = new SnapshotIndex();
  const pool = new TextPool();
  const tokens = new LRUCache<string, Snapshot>({
    maxSize: Math.max(1, maxSize),
    sizeCalculation: ({ size }) => size,
    dispose: (snapshot) => {
      users.remove(snapshot.limits.userId, snapshot);
      sessions.remove(snapshot.limits.sessionId, snapshot);
      release(snapshot, pool);
    },
  });
  return { tokens, users, sessions, pool };
}

function release({ answer }: Snapshot, pool: TextPool): void {
  for (const element of answer.elements) pool.release(element);
}
