import { connect } from 'node:net';
import { once } from 'node:events';
import { register } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { sendLines, sendRaw } from '../../support/http/raw-http';
import type { ErrorCode } from '../../../src/common/errors/error-catalog';
import { useService } from '../../support/process/use-service';

const JSON_TYPE = 'Content-Type: application/json';
const SMUGGLED = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';

describe('hostile framing of requests', () => {
  const service = useService();

  /** One problem and no other answer, then a closed connection. */
  async function expectRefused(bytes: string, code: ErrorCode): Promise<void> {
    const { answers, closed } = await sendRaw(service, Buffer.from(bytes, 'latin1'));
    expect(answers.map(({ status }) => status)).toHaveLength(1);
    expectProblem(answers[0]!, code);
    expect(answers[0]!.headers.get('connection')).toBe('close');
    expect(closed).toBe(true);
  }

  it.each<[string, string]>([
    [
      'Content-Length and Transfer-Encoding',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'Transfer-Encoding and Content-Length',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
    ],
    [
      'two equal lengths',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
    ],
    ['a list of lengths', 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}'],
    ['a negative length', 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['a length with a sign', 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}'],
    ['a hexadecimal length', 'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 0x2\r\n\r\n{}'],
    [
      'a length past all numbers',
      `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(30)}\r\n\r\n`,
    ],
    [
      'a coding after chunked',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunked misspelt',
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a chunk size that is none',
      'POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
    ['obs-fold', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n'],
    ['a bare LF', `GET /auth/me HTTP/1.1\nHost: x\n\n${SMUGGLED}`],
    ['a bare LF between headers', 'GET /auth/me HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n'],
    ['a bare CR in a value', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nX-A: b\rc\r\n\r\n'],
    ['a space before the colon', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization : Bearer x\r\n\r\n'],
    ['no colon', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nAuthorization\r\n\r\n'],
    ['an empty name', 'GET /auth/me HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
    ['U+0000 in a value', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nX-A: b\0c\r\n\r\n'],
    ['U+0000 in a name', 'GET /auth/me HTTP/1.1\r\nHost: x\r\nX\0A: b\r\n\r\n'],
    ['a space in the path', 'GET /auth/me x HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['HTTP/0.9', 'GET /health\r\n\r\n'],
    ['HTTP/2 without TLS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/9.9', 'GET /health HTTP/9.9\r\nHost: x\r\n\r\n'],
    ['an unknown method', 'BREW /auth/me HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a method in lower case', 'get /auth/me HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(60, '\0')],
    ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['noise', '\x00\xff\xfe\x80'.repeat(20)],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n'],
    ['two Hosts', 'GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n'],
  ])('H10, H13: answers 400 to %s, and closes', (_case, bytes) => expectRefused(bytes, 'malformed-request'));

  it.each<[string, string]>([
    ['one header of 20 KiB', `X-A: ${'a'.repeat(20_480)}`],
    ['10,000 headers', Array.from({ length: 10_000 }, (_, n) => `X-${n}: ${n}`).join('\r\n')],
    ['a token of 20 KiB', `Authorization: Bearer ${'a'.repeat(20_480)}`],
    ['a cookie of 1 MB', `Cookie: ${'a'.repeat(1_000_000)}`],
  ])('H1: answers 431 to %s', (_case, header) =>
    expectRefused(`GET /auth/me HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`, 'headers-too-large'),
  );

  it('H1: answers 431 to a path of 20 KiB', () =>
    expectRefused(`GET /${'a'.repeat(20_480)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'headers-too-large'));

  it('H1: counts every header: a second Authorization behind 2,000 others is seen', async () => {
    const filler = Array.from({ length: 2_000 }, () => 'a:');
    const lines = [
      'GET /auth/me HTTP/1.1',
      'Host: x',
      'Authorization: Bearer x',
      ...filler,
      'Authorization: Bearer y',
    ];
    expectProblem(await sendLines(service, lines), 'malformed-authorization');
  });

  it('takes a request of HTTP/1.0, which need not name a host', async () => {
    const { answers, closed } = await sendRaw(service, 'GET /health/live HTTP/1.0\r\n\r\n');
    expect(answers.map(({ status }) => status)).toEqual([200]);
    expect(closed).toBe(true);
  });

  it('R87: refuses Transfer-Encoding in HTTP/1.0, and closes', async () => {
    const body = '{"token":"x"}';
    const { answers, closed } = await sendRaw(
      service,
      'POST /auth/validate HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
        `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    );
    expect(answers.map(({ status, body: problem }) => [status, problem.code])).toEqual([
      [400, 'malformed-request'],
    ]);
    expect(closed).toBe(true);
  });

  it('H13: answers 10,000 pipelined requests in their order', async () => {
    const one = (n: number) => `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: r${n}\r\n\r\n`;
    const numbers = [...Array(10_000).keys()];
    const { answers } = await sendRaw(service, numbers.map(one).join(''), { answers: numbers.length });
    expect(answers.map(({ headers }) => headers.get('x-request-id'))).toEqual(numbers.map((n) => `r${n}`));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  it.each<[string, string, string]>([
    ['a chunk size that is none', 'Transfer-Encoding: chunked', 'zz\r\n'],
    ['a coding that is none', 'Transfer-Encoding: xchunked', '0\r\n\r\n'],
  ])('answers a request once, also when %s comes behind the answer', async (_case, header, body) => {
    for (const [start, status] of [
      ['GET /nowhere', 404], // answered before its body
      ['POST /auth/login', 400], // answered when it is known whether there is a body
    ]) {
      const head = `${start} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n${header}\r\n\r\n`;
      const { answers, closed } = await sendRaw(service, head + body);
      expect(answers.map((answer) => answer.status)).toEqual([status]);
      expect(closed).toBe(true);
    }
  });

  it('reads no request out of the body of another', async () => {
    const body = SMUGGLED;
    const head = `POST /auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n`;
    const { answers } = await sendRaw(service, head + body);
    expect(answers.map(({ status }) => status)).toEqual([415]);
  });

  it('H1: ends headers and bodies that take too long with 408, and serves others meanwhile', async () => {
    const slow = [
      'GET /auth/me HTTP/1.1\r\nHost: x\r\nX-A: ',
      `POST /auth/login HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 100\r\n\r\n{`,
      `POST /auth/login HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    ].map((bytes) => dribble(bytes));
    const answeredBefore = sendRaw(
      service,
      'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{',
    );
    await register(service);
    expect((await send(service, 'GET', '/health/ready')).status).toBe(200);
    for (const text of await Promise.all(slow))
      expect(text).toMatch(/^HTTP\/1.1 408 .*"code":"request-timeout"/s);
    expect((await answeredBefore).answers.map(({ status }) => status)).toEqual([415]); // and no 408 behind it
  });

  /** Sends the bytes, then one letter a second, until the service ends it; answers what came back. */
  async function dribble(bytes: string): Promise<string> {
    const socket = connect(service.port, '127.0.0.1');
    let received = '';
    socket
      .setEncoding('utf8')
      .on('data', (text: string) => (received += text))
      .on('error', () => undefined);
    socket.write(bytes);
    const drip = setInterval(() => socket.write('a'), 1_000);
    await once(socket, 'close');
    clearInterval(drip);
    return received;
  }

  it('survives clients that go away in the middle', async () => {
    const starts = [
      'GET /auth',
      `POST /auth/login HTTP/1.1\r\nHost: x\r\n${JSON_TYPE}\r\nContent-Length: 50\r\n\r\n{"em`,
    ];
    for (const start of starts) {
      const sockets = Array.from({ length: 50 }, () =>
        connect(service.port, '127.0.0.1').on('error', () => undefined),
      );
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      for (const socket of sockets) socket.write(start, () => socket.resetAndDestroy());
      await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket, 'close')));
    }
    expect((await register(service)).token).toMatch(/^ey/);
  });
});
