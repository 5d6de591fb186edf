import { gzipSync } from 'node:zlib';
import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { sendLines, sendRaw } from '../../support/http/raw-http';
import { logOf } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

/** Stands in bodies that are refused; no answer and no log line may hold it. */
const MARK = 'qu0te-me-n0t';
const POSTS = ['/auth/register', '/auth/login', '/auth/validate'];
const KIB = 1024;

describe('hostile request bodies', () => {
  const service = useService();

  afterAll(() => {
    expect(service.output()).not.toContain(MARK);
  });

  const post = (
    path: string,
    bytes: string | Buffer,
    headers: readonly string[] = ['Content-Type: application/json'],
  ) =>
    sendLines(
      service,
      [`POST ${path} HTTP/1.1`, 'Host: x', ...headers, `Content-Length: ${Buffer.byteLength(bytes)}`],
      bytes,
    );

  describe.each(POSTS)('POST %s', (path) => {
    it.each<[string, string | Buffer]>([
      ['an unfinished member', `{"email":"${MARK}", "token":`],
      ['a trailing comma', `{"email":"${MARK}",}`],
      ['single quotes', `{'email':'${MARK}'}`],
      ['a comment', `{/* ${MARK} */}`],
      ['two documents', `{"email":"${MARK}"}{}`],
      ['white space only', '   '],
      ['NaN', `{"email":"${MARK}","x":NaN}`],
      ['an unknown escape', `{"email":"${MARK}\\x41"}`],
      ['a raw control character', `{"email":"${MARK}\n"}`],
      ['a byte order mark', `\ufeff{"email":"${MARK}"}`],
      ['UTF-16 with its mark', Buffer.from(`\ufeff{"email":"${MARK}"}`, 'utf16le')],
      ['UTF-16', Buffer.from(`{"email":"${MARK}"}`, 'utf16le')],
      ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
      ['overlong UTF-8', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
      ['surrogates in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
      ['a member twice', `{"token":"${MARK}","token":"b","email":"a@example.com"}`],
      ['a member twice, escaped', `{"token":"${MARK}","t\\u006fken":"b"}`],
      ['a member twice, further down', `{"x":[{"a":1,"a":"${MARK}"}]}`],
      ['10,000 lists that do not close', '['.repeat(10_000)],
      ['8,000 lists in each other', `${'['.repeat(8_000)}${']'.repeat(8_000)}`],
      ['8,000 lists for a member', `{"token":${'['.repeat(8_000)}${']'.repeat(8_000)}}`],
      ['2,500 objects in each other', `${'{"a":'.repeat(2_500)}1${'}'.repeat(2_500)}`],
    ])('H2: answers 400 malformed-json to %s, and quotes nothing', async (_case, body) => {
      const answer = await post(path, body);
      expectProblem(answer, 'malformed-json');
      expect(answer.text).not.toContain(MARK);
    });

    it.each(['null', '[]', '[[]]', '5', 'true', '""', `"${MARK}"`, `["${MARK}"]`, `[{"token":"${MARK}"}]`])(
      'H2: answers 400 malformed-json to the body %s, which is no object',
      async (body) => {
        const answer = await post(path, body);
        expectProblem(answer, 'malformed-json');
        expect(answer.text).not.toContain(MARK);
      },
    );

    it('H2: answers 400 to no body at all', async () => {
      expectProblem(await send(service, 'POST', path), 'invalid-input');
      expectProblem(await post(path, ''), 'invalid-input');
      expectProblem(await post(path, '{}'), 'invalid-input');
    });

    it.each([
      [],
      ['Content-Type:'],
      ['Content-Type: text/plain'],
      ['Content-Type: application/x-www-form-urlencoded'],
      ['Content-Type: multipart/form-data; boundary=x'],
      ['Content-Type: application/json; charset=utf-7'],
      ['Content-Type: application/json; charset=utf-16'],
      ['Content-Type: application/json; charset=iso-8859-1'],
      ['Content-Type: application/json, text/plain'],
      ['Content-Type: application/jsonp'],
      ['Content-Type: text/json'],
      ['Content-Type: application/problem+json'],
      ['Content-Type: application/json', 'Content-Encoding: gzip'],
      ['Content-Type: application/json', 'Content-Encoding: br'],
      ['Content-Type: application/json', 'Content-Encoding: nonsense'],
    ])('H3: answers 415 to %s %s', async (...headers) => {
      const given = headers.filter((header) => header !== undefined);
      expectProblem(await post(path, '{"token":"x"}', given), 'unsupported-media-type');
    });

    it('H3: unpacks no gzip bomb', async () => {
      const headers = ['Content-Type: application/json', 'Content-Encoding: gzip'];
      expectProblem(await post(path, gzipSync(Buffer.alloc(5_000_000)), headers), 'unsupported-media-type');
    });

    it.each([
      'application/json; charset=utf-8',
      'Application/JSON;charset="UTF-8"',
      'application/json',
      'application/json;',
      'application/json; charset=utf8',
      'application/json; charset=UTF_8; version=1',
      'application/json;odata.metadata=minimal;charset=utf-8;',
    ])('H3: reads %s', async (type) => {
      expectProblem(await post(path, '{}', [`Content-Type: ${type}`]), 'invalid-input');
    });

    it.each([16 * KIB + 1, 17 * KIB, 1_000_000])('H1, R50: answers 413 to %i bytes', async (size) => {
      const body = JSON.stringify({ token: MARK, pad: '' });
      expectProblem(
        await post(path, body.replace('""', `"${'x'.repeat(size - body.length)}"`)),
        'body-too-large',
      );
    });

    it('H1: answers 413 at once to a length of 1 GB, before any of it arrives', async () => {
      const lines = [
        `POST ${path} HTTP/1.1`,
        'Host: x',
        'Content-Type: application/json',
        'Content-Length: 1000000000',
      ];
      expectProblem(await sendLines(service, lines), 'body-too-large');
    });

    it('H1: answers 413 at once to endless chunks, before they end', async () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const chunk = `2000\r\n${'x'.repeat(0x2000)}\r\n`;
      const { answers } = await sendRaw(service, head + chunk.repeat(4), { answers: 1 });
      expectProblem(answers[0]!, 'body-too-large');
    });

    it('reads a body of 16 KiB, and one in chunks', async () => {
      const body = `{${' '.repeat(16 * KIB - 2)}}`;
      expectProblem(await post(path, body), 'invalid-input');
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const { answers } = await sendRaw(service, `${head}1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`, { answers: 1 });
      expectProblem(answers[0]!, 'invalid-input');
    });
  });

  it('H2: logs what it refused without a word of it', async () => {
    const answer = await post('/auth/login', `{"email":"${MARK}`);
    await logOf(service, answer.headers);
    expect(service.output()).not.toContain(MARK);
  });

  it('P7: answers 64 passwords of 1 MB at once with 413, and registers somebody meanwhile', async () => {
    const body = { email: uniqueEmail(), name: 'Ada', password: 'p'.repeat(1_000_000) };
    const attempts = Array.from({ length: 64 }, (_, n) => send(service, 'POST', POSTS[n % 2]!, { body }));
    const bystander = await register(service);
    for (const answer of await Promise.all(attempts)) expectProblem(answer, 'body-too-large');
    expect((await send(service, 'GET', '/auth/me', { headers: bearer(bystander.token) })).status).toBe(200);
  });

  it('H1: goes on serving on the connection of a refused body', async () => {
    const tooLarge = `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`;
    const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
    const { answers, closed } = await sendRaw(service, tooLarge + next, { answers: 2 });
    expectProblem(answers[0]!, 'body-too-large');
    // Either is sound: to close, or to read the rest as a body and then the next request. Never to read the body as a request.
    expect(closed || answers[1]?.status === 200).toBe(true);
  });
});
