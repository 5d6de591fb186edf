import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { register, type Account } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { send } from '../support/http/http';
import { expectProblem } from '../support/http/problem';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

/** The queue of the tests: what waits beyond it is refused. */
const QUEUE = 100;
/** Where requests come from, by the word of a proxy. */
const OWN_SOURCE = '192.0.2.1';
const OTHER_SOURCE = '192.0.2.2';

/** A connection on which a client of ill will sends sign-ins with wrong passwords. */
class Attacker {
  answers = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly source: string,
  ) {
    socket.on('data', (chunk: Buffer) => (this.answers += chunk.toString().split('HTTP/1.1 ').length - 1));
    socket.on('error', () => undefined);
  }

  static async open({ port }: Service, source = OWN_SOURCE): Promise<Attacker> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Attacker(socket, source);
  }

  /** Sends so many sign-ins without waiting for an answer. */
  signIn(email: string, times = 1): void {
    const body = JSON.stringify({ email, password: 'wrong' });
    const head = `POST /auth/login HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${this.source}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    this.socket.write((head + body).repeat(times));
  }

  /** Waits until one of them has an answer. */
  static async answered(...attackers: Attacker[]): Promise<void> {
    await eventually('an answer', () => attackers.some(({ answers }) => answers > 0) || undefined);
  }

  /** Cuts the connection without a word of farewell: `resetAndDestroy` would close this side first. */
  reset(): void {
    const { _handle: handle } = this.socket as unknown as { _handle: { reset(done: () => void): void } };
    handle.reset(() => undefined);
    this.socket.destroy();
  }

  close(): void {
    this.socket.end();
  }
}

describe('R80: the queue of password checks', () => {
  let database: TestDatabase;
  let service: Service;
  let account: Account;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  async function start(cost: number): Promise<void> {
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_PASSWORD_HASH_COST: String(cost),
        AUTH_PASSWORD_HASH_WORKERS: '1',
        AUTH_PASSWORD_HASH_QUEUE: String(QUEUE),
        AUTH_TRUSTED_PROXIES: '1',
      },
    });
    account = await register(service);
  }

  const signIn = (password = account.password) =>
    send(service, 'POST', '/auth/login', {
      body: { email: account.email, password },
      headers: { 'X-Forwarded-For': OWN_SOURCE },
    });

  /** How many wrong passwords have been checked so far. */
  const checked = () => service.logs().filter(({ msg }) => msg === 'auth.login.failed').length;

  it('300 sign-ins on one connection that resets: those that have not begun never do', async () => {
    await start(9);
    const attacker = await Attacker.open(service);
    attacker.signIn(account.email, 300);
    await Attacker.answered(attacker);
    attacker.reset();
    const logins = [await signIn(), await signIn()];
    expect(logins.map(({ status }) => status)).toEqual([200, 200]);
    await service.stop(); // and the log is complete
    expect(checked()).toBeLessThanOrEqual(4);
  });

  it('300 sign-ins on one connection that stays cost another one its turn, and no more', async () => {
    await start(9);
    const attacker = await Attacker.open(service);
    attacker.signIn(account.email, 300);
    await Attacker.answered(attacker);
    for (let round = 1; round <= 5; round++) {
      const before = attacker.answers;
      expect((await signIn()).status).toBe(200);
      expect(attacker.answers - before).toBeLessThanOrEqual(3);
    }
    attacker.reset();
  });

  /** As many clients as the queue holds, of which one has its answer. */
  async function crowd(): Promise<Attacker[]> {
    const attackers = await Promise.all(Array.from({ length: QUEUE }, () => Attacker.open(service)));
    for (const attacker of attackers) attacker.signIn(account.email);
    await Attacker.answered(...attackers);
    return attackers;
  }

  it('clients that reset their connection are not waited for', async () => {
    await start(11);
    for (const attacker of await crowd()) attacker.reset();
    expect((await signIn()).status).toBe(200);
    await service.stop();
    expect(checked()).toBeLessThan(QUEUE / 5);
  });

  it('clients that close their side, and may have gone, come after all others', async () => {
    await start(9);
    const attackers = await crowd();
    for (const attacker of attackers) attacker.close();
    for (let round = 1; round <= 3; round++) expect((await signIn()).status).toBe(200);
    expect(checked()).toBeLessThan(QUEUE / 5);
    await eventually(
      'they have answers too',
      () => attackers.every(({ answers }) => answers === 1) || undefined,
    );
  });

  it('one source cannot hold it, with however many connections', async () => {
    await start(11);
    const attackers = await Promise.all(
      Array.from({ length: QUEUE + 50 }, () => Attacker.open(service, OTHER_SOURCE)),
    );
    for (const attacker of attackers) attacker.signIn(account.email);
    await Attacker.answered(...attackers);
    for (let round = 1; round <= 5; round++) {
      const before = checked();
      expect((await signIn()).status).toBe(200);
      expect(checked() - before).toBeLessThanOrEqual(5);
    }
    for (const attacker of attackers) attacker.reset();
  });

  it('nobody waits longer than an answer may take', async () => {
    await start(12);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const begin = performance.now();
        const answer = await signIn('wrong');
        return { answer, seconds: (performance.now() - begin) / 1000 };
      }),
    );
    for (const { answer, seconds } of answers) {
      expectProblem(answer, answer.status === 503 ? 'overloaded' : 'invalid-credentials');
      expect(seconds).toBeLessThan(7);
    }
    const statuses = new Set(answers.map(({ answer }) => answer.status));
    expect(statuses).toEqual(new Set([401, 503]));
  });
});
