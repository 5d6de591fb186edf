import { decodeProtectedHeader } from 'jose';
import { setTimeout as sleep } from 'node:timers/promises';
import { register, type Account } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { newKey, type KeySettings } from '../../support/tokens/keys';
import { startService, type Service } from '../../support/process/service';
import { endReasonOf, isValid, refresh, refreshed, signIn, tokensOf } from '../../support/tokens/sessions';
import { useDatabase } from '../../support/database/test-database';
import { GOOD_HEADER, goodClaims, signHs256 } from '../../support/tokens/tokens';

type Env = Record<string, string>;

/** A breath of each person between two rounds, so that the replicas that start get a share of the machine. */
const PAUSE_MS = 25;

/** Names the key of a token; only secrets have no name. */
function keyOf(token: string): string {
  return decodeProtectedHeader(token).kid ?? 'a secret';
}

/** Two replicas behind something like a load balancer, which restarts them one after the other. */
class Deployment {
  private readonly replicas: { service: Service; underWay: number }[] = [];

  constructor(private readonly databaseUrl: string) {}

  async start(env: Env): Promise<void> {
    const start = () => startService({ databaseUrl: this.databaseUrl, env });
    for (const service of await Promise.all([start(), start()])) this.replicas.push({ service, underWay: 0 });
  }

  get size(): number {
    return this.replicas.length;
  }

  /** Sends a request to one replica. */
  async ask<T>(number: number, request: (service: Service) => Promise<T>): Promise<T> {
    const replica = this.replicas[number % this.replicas.length];
    if (!replica) throw new Error('nothing is started');
    replica.underWay++;
    try {
      return await request(replica.service);
    } finally {
      replica.underWay--;
    }
  }

  /** Puts new settings into one replica: a new process takes its place, and the old one ends when it has answered. */
  async restart(number: number, env: Env): Promise<void> {
    const old = this.replicas[number];
    if (!old) throw new Error('there is no such replica');
    const service = await startService({ databaseUrl: this.databaseUrl, env });
    this.replicas[number] = { service, underWay: 0 };
    await eventually('the replica has answered', () => (old.underWay === 0 ? true : undefined));
    await old.service.stop();
  }

  async restartAll(env: Env): Promise<void> {
    for (let number = 0; number < this.size; number++) await this.restart(number, env);
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map(({ service }) => service.stop()));
  }
}

/** People who sign in, refresh, and show their tokens to every replica, on and on. */
class Load {
  /** Answers to good tokens that were no yes. */
  readonly refused: unknown[] = [];
  /** Tokens that were accepted, by the key that signed them. */
  readonly accepted = new Map<string, number>();
  rounds = 0;
  private readonly stopping = new AbortController();
  private readonly people: Promise<void>[] = [];

  constructor(private readonly deployment: Deployment) {}

  add(account: Account): void {
    this.people.push(this.live(account));
  }

  /** Waits until every person has done whole rounds from here on. */
  async more(): Promise<void> {
    const goal = this.rounds + 4 * this.people.length;
    await eventually('the load goes on', () => (this.rounds >= goal ? true : undefined));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.people);
  }

  private async live(account: Account): Promise<void> {
    let turn = 0;
    let { token, refreshToken } = account;
    while (!this.stopping.signal.aborted) {
      if (turn % 5 === 4) {
        const session = await this.deployment.ask(turn, (service) => signIn(service, account));
        ({ accessToken: token, refreshToken } = session);
      }
      await this.show(token);
      const renewed = await this.deployment.ask(turn + 1, (service) => refresh(service, refreshToken));
      if (renewed.status === 200) {
        await this.show(token); // the one of before is as good as ever
        ({ accessToken: token, refreshToken } = tokensOf(renewed));
        await this.show(token);
      } else {
        this.refused.push({ refresh: renewed.status });
        turn = 3; // sign in again
      }
      turn++;
      this.rounds++;
      await sleep(PAUSE_MS);
    }
  }

  private async show(token: string): Promise<void> {
    const key = keyOf(token);
    for (let number = 0; number < this.deployment.size; number++) {
      if (await this.deployment.ask(number, (service) => isValid(service, token))) {
        this.accepted.set(key, (this.accepted.get(key) ?? 0) + 1);
      } else {
        this.refused.push({ token: key, replica: number });
      }
    }
  }
}

describe('rotation of the signing key', () => {
  const database = useDatabase();

  const start = (env: Env) => startService({ databaseUrl: database.url, env });

  describe.each([
    ['RS256', 'ES256'],
    ['HS256', 'HS256'],
  ] as const)(
    'from %s to %s in the three steps of docs/operate/keys.md, under load on two replicas',
    (from, to) => {
      let before: KeySettings;
      let after: KeySettings;
      let deployment: Deployment;
      let load: Load;

      beforeAll(async () => {
        [before, after] = [newKey(from), newKey(to)];
        deployment = new Deployment(database.url);
        await deployment.start(before.signing);
        load = new Load(deployment);
        for (let person = 0; person < 2; person++) {
          load.add(await deployment.ask(person, (service) => register(service)));
        }
      });

      afterAll(async () => {
        await load.stop();
        await deployment.stop();
      });

      it('refuses no good token and ends no session at any moment; then those of the old key are refused (R13, J31)', async () => {
        const early = await deployment.ask(0, (service) => register(service));
        await load.more();
        expect([...load.accepted.keys()]).toEqual([keyOf(early.token)]);

        await deployment.restartAll({ ...before.signing, ...after.accepting }); // 1: accepted everywhere
        await load.more();

        await deployment.restart(0, { ...after.signing, ...before.accepting }); // 2: signs with it
        await load.more();
        await deployment.restart(1, { ...after.signing, ...before.accepting });
        await load.more();

        const late = await deployment.ask(1, (service) => register(service));
        await load.stop(); // from here on the tokens of the old key have expired
        expect(load.refused).toEqual([]);
        expect(load.accepted.size).toBe(new Set([keyOf(early.token), keyOf(late.token)]).size);
        const shown = [...load.accepted.values()].reduce((sum, count) => sum + count, 0);
        expect(shown).toBeGreaterThanOrEqual(load.rounds * 4);

        await deployment.restartAll(after.signing); // 3: the old key is gone
        for (let number = 0; number < deployment.size; number++) {
          const accepts = (token: string) => deployment.ask(number, (service) => isValid(service, token));
          expect([await accepts(early.token), await accepts(late.token)]).toEqual([false, true]);
        }
        const { accessToken } = await deployment.ask(0, (service) => refreshed(service, early.refreshToken));
        expect(await deployment.ask(1, (service) => isValid(service, accessToken))).toBe(true);
      }, 240_000);
    },
  );

  it('refuses tokens on the replica that is not yet restarted when the first step is left out', async () => {
    const [before, after] = [newKey('ES256'), newKey('ES256')];
    const [restarted, other] = await Promise.all([
      start({ ...after.signing, ...before.accepting }),
      start(before.signing),
    ]);
    const { token } = await register(restarted);
    expect([await isValid(restarted, token), await isValid(other, token)]).toEqual([true, false]);
    await Promise.all([restarted.stop(), other.stop()]);
  });

  it('accepts the tokens of every secret that is listed as previous, of HS256 beside ES256 too, and of no other (J31)', async () => {
    const secret = (word: string) => `the ${word} secret of the tests is long enough`;
    const [first, second, foreign] = [secret('first'), secret('second'), secret('foreign')];
    const service = await start({
      ...newKey('ES256').signing,
      AUTH_JWT_PREVIOUS_SECRET_KEYS: `${first}, ${second}`,
    });
    const account = await register(service);
    const verdicts = await Promise.all(
      [first, second, foreign].map((key) =>
        isValid(service, signHs256(GOOD_HEADER, goodClaims(account), key)),
      ),
    );
    await service.stop();
    expect(verdicts).toEqual([true, true, false]);
  });

  describe('just after a refresh whose answer was lost', () => {
    const from = newKey('ES256').signing;
    const to = newKey('ES256').signing;

    /** A refresh before and its retry after the change of key. */
    async function retryOver(envBefore: Env, envAfter: Env = envBefore) {
      const grace = { AUTH_REFRESH_TOKEN_GRACE_SECONDS: '300' };
      const before = await start({ ...from, ...grace, ...envBefore });
      const account = await register(before);
      const child = await refreshed(before, account.refreshToken);
      await before.stop();
      const after = await start({ ...to, ...grace, ...envAfter });
      const retry = await refresh(after, account.refreshToken);
      const next = await refresh(after, child.refreshToken);
      await after.stop();
      return { account, child, retry, next };
    }

    it('gives the retry the very same child when AUTH_REFRESH_TOKEN_KEY is set (D4)', async () => {
      const { child, retry, next } = await retryOver({
        AUTH_REFRESH_TOKEN_KEY: 'a-key-of-the-tests-for-refresh-tokens-0123456789',
      });
      expect(tokensOf(retry).refreshToken).toBe(child.refreshToken);
      expect(next.status).toBe(200);
    });

    it('gives it also after a change of that key, when the one of before is listed (D4)', async () => {
      const [first, second] = ['first', 'second'].map(
        (word) => `the ${word} refresh key of the tests 0123456789`,
      );
      const { child, retry, next } = await retryOver(
        { AUTH_REFRESH_TOKEN_KEY: first as string },
        { AUTH_REFRESH_TOKEN_KEY: second as string, AUTH_REFRESH_TOKEN_PREVIOUS_KEYS: first as string },
      );
      expect(tokensOf(retry).refreshToken).toBe(child.refreshToken);
      expect(next.status).toBe(200);
    });

    it('cannot answer the retry without it, but ends no session: the child that was given out serves (D4)', async () => {
      const { account, retry, next } = await retryOver({});
      expect(retry.status).toBe(503);
      expect(next.status).toBe(200);
      expect(await endReasonOf(database, account.sid)).toBeNull();
    });
  });
});
