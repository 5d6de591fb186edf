import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { send } from '../support/http/http';
import { RawConnection } from '../support/http/raw-connection';
import { startService } from '../support/process/service';
import { useService } from '../support/process/use-service';

const RESETS = 200;
const AT_ONCE = 20;
/** A reset comes this many milliseconds after the request at the latest. */
const LATEST_MS = 7;

const HEAD = 'Host: a\r\n';

/** What makes Node hand over its socket, or makes the service write to a socket that has no response. */
const REQUESTS: readonly (readonly [string, string])[] = [
  ['CONNECT', `CONNECT example.com:443 HTTP/1.1\r\n${HEAD}\r\n`],
  ['CONNECT with bytes behind it', `CONNECT example.com:443 HTTP/1.1\r\n${HEAD}\r\n${'x'.repeat(9000)}`],
  ['an upgrade', `GET /health/live HTTP/1.1\r\n${HEAD}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
  [
    'an upgrade to HTTP/2',
    `GET / HTTP/1.1\r\n${HEAD}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n`,
  ],
  ['a request line that is none', 'HELLO\r\n\r\n'],
  ['headers that are too large', `GET / HTTP/1.1\r\n${HEAD}X: ${'x'.repeat(20_000)}\r\n\r\n`],
  [
    'a faulty chunk',
    `POST /auth/login HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n`,
  ],
  [
    'two framings',
    `POST /auth/login HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n'],
  ['an expectation', `POST /auth/login HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`],
  [
    'an unknown expectation',
    `POST /auth/login HTTP/1.1\r\n${HEAD}Expect: miracles\r\nContent-Length: 2\r\n\r\n`,
  ],
  ['half a head', `GET /health/live HTTP/1.1\r\n${HEAD}`],
  [
    'half a body',
    `POST /auth/login HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{"em`,
  ],
  ['pipelined requests', `GET /health/live HTTP/1.1\r\n${HEAD}\r\n`.repeat(20)],
];
const service = useService();
const { database } = service;

describe('R71: a client that resets its connection', () => {
  it.each(REQUESTS)('does no harm after %s', async (_name, bytes) => {
    for (let n = 0; n < RESETS; n += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, k) => resetAfter(bytes, (n + k) % (LATEST_MS + 1))),
      );
    }
    expect(service.process.exitCode).toBeNull();
    expect((await send(service, 'GET', '/health/live')).status).toBe(200);
  });

  it('does not hold up the stop of the service by a connection that was handed over and is never closed', async () => {
    const own = await startService({ databaseUrl: database.url });
    const socket = connect({ port: own.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(`CONNECT example.com:443 HTTP/1.1\r\n${HEAD}\r\n`);
    await once(socket, 'readable');
    expect(await own.stop()).toBe(0);
    socket.destroy();
  });
});

describe('R71: an error that nobody catches', () => {
  it('is logged, and ends the service in order: the request under way is answered, the status is 1', async () => {
    const own = await startService({
      databaseUrl: database.url,
      env: { NODE_OPTIONS: `--require ${resolve(__dirname, '../support/process/throw-on-signal.cjs')}` },
    });
    const connection = await RawConnection.open(own.port);
    connection.write(
      `POST /auth/validate HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{"token":`,
    );
    await send(own, 'GET', '/health/live'); // what was sent before has arrived
    own.process.kill('SIGUSR2');
    await eventually(
      'the error is logged',
      () => own.logs().some(({ level }) => level === 'fatal') || undefined,
    );
    connection.write('"x"}');
    await connection.until(/"valid":false/);
    expect(await ended(own.process)).toBe(1);
    expect(own.logs().find(({ level }) => level === 'fatal')).toMatchObject({
      err: { message: 'a fault of the tests' },
    });
  });
});

/** Sends the bytes, and resets the connection after so many milliseconds. */
async function resetAfter(bytes: string, delayMs: number): Promise<void> {
  const socket = connect(service.port, '127.0.0.1');
  socket.on('error', () => undefined); // the service may be quicker
  await once(socket, 'connect');
  socket.write(bytes);
  if (delayMs > 0) await sleep(delayMs);
  if (!socket.destroyed) socket.resetAndDestroy();
}
