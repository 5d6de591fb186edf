import { setTimeout as sleep } from 'node:timers/promises';
import { uniqueEmail } from '../http/accounts';
import { bearer, send, type Answer } from '../http/http';
import type { AuthBody } from '../tokens/sessions';
import { payloadOf } from '../tokens/tokens';
import type { Replicas } from './replicas';

/** After this long an acknowledged revocation holds on every replica (R18), in milliseconds. */
export const REVOCATION_BOUND_MS = 2_000;
const REQUEST_LIMIT_MS = 10_000;
const PAUSE_MS = 20;
const PROBE_PAUSE_MS = 200;
const PASSWORD = 'correct horse battery';

/** What was acknowledged, and must hold whatever happens afterwards. */
export interface Acknowledged {
  /** Addresses of registrations that were answered 201. */
  readonly emails: string[];
  /** Sessions that were opened and that nobody ended. */
  readonly sessions: Set<string>;
  /** Sign-outs that were answered 204: the token, and when. */
  readonly revoked: { readonly token: string; readonly at: number }[];
}

/** What an experiment has measured. */
export interface Figures {
  readonly requests: number;
  readonly succeeded: number;
  /** Answered 503. */
  readonly refused: number;
  /** Not answered: the replica was gone. */
  readonly lost: number;
  readonly revocations: number;
  /** Longest time without a successful write, in milliseconds. */
  readonly longestGapMs: number;
  readonly slowestAnswerMs: number;
  readonly slowestLivenessMs: number;
}

/**
 * Clients that register, validate, refresh at two replicas at once and sign out, without end, at whichever replica; they remember
 * what was acknowledged, and note every answer that breaks an invariant.
 */
export class Checker {
  readonly acknowledged: Acknowledged = { emails: [], sessions: new Set(), revoked: [] };
  /** One line for each break of an invariant. */
  readonly violations: string[] = [];
  private requests = 0;
  private succeeded = 0;
  private refused = 0;
  private lost = 0;
  private lastWriteAt = performance.now();
  private longestGapMs = 0;
  private slowestAnswerMs = 0;
  private slowestLivenessMs = 0;
  private stopping = false;
  private readonly workers: Promise<void>[];

  constructor(
    private readonly replicas: Replicas,
    clients: number,
    /** Whether a replica may be gone. */
    private readonly mayBeGone = false,
  ) {
    this.workers = [
      ...Array.from({ length: clients }, (_, n) => this.act(n)),
      this.doubt(),
      ...replicas.ports.map((_port, n) => this.probe(n)),
    ];
  }

  async stop(): Promise<Figures> {
    this.stopping = true;
    await Promise.all(this.workers);
    this.wrote(); // the gap that is open
    const { requests, succeeded, refused, lost } = this;
    return {
      ...{ requests, succeeded, refused, lost, revocations: this.acknowledged.revoked.length },
      longestGapMs: Math.round(this.longestGapMs),
      slowestAnswerMs: Math.round(this.slowestAnswerMs),
      slowestLivenessMs: Math.round(this.slowestLivenessMs),
    };
  }

  /** Waits until a write succeeds; answers how long that took, in milliseconds. */
  async recovery(): Promise<number> {
    const start = performance.now();
    while (this.lastWriteAt < start) await sleep(PAUSE_MS);
    return Math.round(this.lastWriteAt - start);
  }

  /** Every token that was signed out with is refused by every replica by now (I1). */
  async confirmRevocations(most = 60): Promise<void> {
    for (const { token } of this.acknowledged.revoked.slice(-most)) {
      for (let n = 0; n < this.replicas.ports.length; n++) await this.expectRefused(token, n);
    }
  }

  private async act(client: number): Promise<void> {
    for (let round = client; !this.stopping; round++) {
      const session = await this.register(round);
      if (!session) {
        await sleep(PAUSE_MS);
        continue;
      }
      await this.validate(session.token, round + 1);
      await this.refreshTwice(session, round);
      if (round % 2 === 0) await this.signOut(session, round + 2);
    }
  }

  private async register(replica: number) {
    const email = uniqueEmail();
    const body = { email, password: PASSWORD, name: 'Ada Lovelace' };
    const answer = await this.ask<AuthBody>(replica, 'POST', '/auth/register', { body });
    if (answer?.status !== 201) return undefined;
    this.wrote();
    const { access_token: token, refresh_token: refreshToken } = answer.body;
    const { sid } = payloadOf(token) as { sid: string };
    this.acknowledged.emails.push(email);
    this.acknowledged.sessions.add(sid);
    return { token, refreshToken, sid };
  }

  private async validate(token: string, replica: number): Promise<void> {
    const answer = await this.ask(replica, 'POST', '/auth/validate', { body: { token } });
    if (answer?.status === 200 && answer.body.valid !== true)
      this.violations.push('I2: a good token was refused');
  }

  /** At most one child (I3). Where an answer was lost the session may rightly end by a later use of the parent. */
  private async refreshTwice({ refreshToken, sid }: { refreshToken: string; sid: string }, replica: number) {
    const body = { refresh_token: refreshToken };
    const answers = await Promise.all(
      [replica, replica + 1].map((n) => this.ask<AuthBody>(n, 'POST', '/auth/refresh', { body })),
    );
    const children = answers.flatMap((answer) => (answer?.status === 200 ? [answer.body.refresh_token] : []));
    if (new Set(children).size > 1) this.violations.push('I3: a refresh token has two children');
    if (children.length < 2) this.acknowledged.sessions.delete(sid);
  }

  private async signOut({ token, sid }: { token: string; sid: string }, replica: number): Promise<void> {
    this.acknowledged.sessions.delete(sid);
    const answer = await this.ask(replica, 'POST', '/auth/logout', { headers: bearer(token) });
    if (answer?.status !== 204) return;
    this.wrote();
    this.acknowledged.revoked.push({ token, at: performance.now() });
  }

  /** Validates tokens that were revoked, at any replica. */
  private async doubt(): Promise<void> {
    for (let n = 0; !this.stopping; n++) {
      await sleep(PAUSE_MS);
      const { revoked } = this.acknowledged;
      const one = revoked[Math.floor(Math.random() * revoked.length)];
      if (one && performance.now() - one.at > REVOCATION_BOUND_MS) await this.expectRefused(one.token, n);
    }
  }

  private async expectRefused(token: string, replica: number): Promise<void> {
    const answer = await this.ask(replica, 'POST', '/auth/validate', { body: { token } });
    if (answer?.status === 200 && answer.body.valid !== false) {
      this.violations.push('I1: a token was accepted after its revocation');
    }
  }

  /** Liveness needs nothing but the process (I6). */
  private async probe(replica: number): Promise<void> {
    while (!this.stopping) {
      const start = performance.now();
      const answer = await this.ask(replica, 'GET', '/health/live', {});
      const tookMs = performance.now() - start;
      if (answer) this.slowestLivenessMs = Math.max(this.slowestLivenessMs, tookMs);
      if (answer && answer.status !== 200) this.violations.push(`I6: liveness answered ${answer.status}`);
      await sleep(PROBE_PAUSE_MS);
    }
  }

  /** Only 2xx, 4xx and 503 with Retry-After (I5); undefined when the replica was gone. */
  private async ask<Body = Record<string, unknown>>(
    replica: number,
    method: string,
    path: string,
    options: Parameters<typeof send>[3],
  ): Promise<Answer<Body> | undefined> {
    const start = performance.now();
    this.requests++;
    try {
      const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
      const target = { url: this.replicas.at(replica).url };
      const answer = await send<Body>(target, method, path, { ...options, signal });
      this.slowestAnswerMs = Math.max(this.slowestAnswerMs, performance.now() - start);
      const { status, headers } = answer;
      if (status < 300) this.succeeded++;
      if (status === 503) this.refused++;
      const isAllowed = status < 500 || (status === 503 && headers.has('retry-after'));
      if (!isAllowed) this.violations.push(`I5: ${method} ${path} answered ${status}`);
      return answer;
    } catch (error) {
      this.lost++;
      if (!this.mayBeGone) this.violations.push(`I7: ${method} ${path} was not answered: ${String(error)}`);
      return undefined;
    }
  }

  private wrote(): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.lastWriteAt);
    this.lastWriteAt = now;
  }
}
