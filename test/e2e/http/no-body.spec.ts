import { register } from '../../support/http/accounts';
import { expectProblem } from '../../support/http/problem';
import { sendRaw } from '../../support/http/raw-http';
import { isValid, signIn } from '../../support/tokens/sessions';
import type { Answer } from '../../support/http/http';
import { useService } from '../../support/process/use-service';

/** How clients and proxies write a request without a body: its header lines, and what follows the empty line. */
const FRAMINGS: [string, string[], string][] = [
  ['no header at all (fetch, curl -X POST)', [], ''],
  ['a length of 0 (python-requests, Go)', ['Content-Length: 0'], ''],
  ['a length of 0 and JSON (axios, Angular)', ['Content-Type: application/json', 'Content-Length: 0'], ''],
  ['a label alone', ['Content-Type: application/json; charset=utf-8'], ''],
  ['a form (curl -d "", Java)', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0'], ''],
  ['text (.NET StringContent)', ['Content-Type: text/plain; charset=utf-8', 'Content-Length: 0'], ''],
  ['bytes (aiohttp)', ['Content-Type: application/octet-stream', 'Content-Length: 0'], ''],
  ['multipart', ['Content-Type: multipart/form-data; boundary=x', 'Content-Length: 0'], ''],
  ['a label that is none', ['Content-Type: nonsense', 'Content-Length: 0'], ''],
  ['an empty label', ['Content-Type:', 'Content-Length: 0'], ''],
  ['a coding', ['Content-Encoding: gzip', 'Content-Length: 0'], ''],
  ['a length with zeros', ['Content-Type: text/plain', 'Content-Length: 000'], ''],
  ['an expectation', ['Content-Type: text/plain', 'Content-Length: 0', 'Expect: 100-continue'], ''],
  ['no chunk (HAProxy, Envoy before HTTP/2)', ['Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['no chunk of JSON', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['no chunk of text', ['Content-Type: text/plain', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
  ['no chunk, with a trailer', ['Transfer-Encoding: chunked'], '0\r\nX-Checksum: 0\r\n\r\n'],
];
/** What clients make of nothing when they are told to send JSON. */
const NOTHING_IN_JSON: typeof FRAMINGS = [
  ['the JSON null (axios, .NET)', ['Content-Type: application/json', 'Content-Length: 4'], 'null'],
  ['an empty object', ['Content-Type: application/json', 'Content-Length: 2'], '{}'],
];
const ALL = [...FRAMINGS, ...NOTHING_IN_JSON];
/** RFC 9112 section 6.1: chunks are not for HTTP/1.0. */
const ALL_1_0 = ALL.filter(([, headers]) => !headers.some((line) => /chunked|100-/.test(line)));

describe('requests without a body', () => {
  const service = useService();

  async function ask(
    start: string,
    [, headers, body]: (typeof FRAMINGS)[number],
    { token, version = '1.1' }: { token?: string; version?: string } = {},
  ): Promise<Answer> {
    const credentials = token === undefined ? [] : [`Authorization: Bearer ${token}`];
    const lines = [`${start} HTTP/${version}`, 'Host: x', 'Connection: close', ...credentials, ...headers];
    const { answers } = await sendRaw(service, `${[...lines, '', body].join('\r\n')}`);
    // "100 Continue" is no answer.
    const [answer] = answers.filter(({ status }) => status >= 200);
    if (!answer) throw new Error('there was no answer');
    return answer;
  }

  describe.each([
    ['1.1', ALL],
    ['1.0', ALL_1_0],
  ])('over HTTP/%s', (version, framings) => {
    it.each(framings)('ends the session at POST /auth/logout with %s', async (...framing) => {
      const { token } = await register(service);
      expect((await ask('POST /auth/logout', framing, { token, version })).status).toBe(204);
      expect(await isValid(service, token)).toBe(false);
    });

    it.each(framings)('ends sessions at DELETE /auth/sessions with %s', async (...framing) => {
      const account = await register(service);
      const other = await signIn(service, account);
      const { token } = account;
      expect((await ask('DELETE /auth/sessions', framing, { token, version })).status).toBe(204);
      expect(await isValid(service, other.accessToken)).toBe(false);
      const own = `DELETE /auth/sessions/${account.sid}`;
      expect((await ask(own, framing, { token, version })).status).toBe(204);
      expect(await isValid(service, token)).toBe(false);
    });

    it.each(framings)('asks for a credential at POST /auth/logout with %s and none', async (...framing) => {
      expectProblem(await ask('POST /auth/logout', framing, { version }), 'authentication-required');
    });
  });

  it.each(FRAMINGS)('answers 400 with %s where a body is needed', async (...framing) => {
    for (const path of ['/auth/register', '/auth/login', '/auth/validate', '/auth/refresh'])
      expectProblem(await ask(`POST ${path}`, framing), 'invalid-input');
    const { token } = await register(service);
    expectProblem(await ask('POST /auth/password', framing, { token }), 'invalid-input');
    const { body } = await ask('PATCH /users/me', framing, { token });
    expect(body).toMatchObject({ code: 'invalid-input', errors: [{ pointer: '#' }] });
    expect(await isValid(service, token)).toBe(true);
  });

  it('still refuses a body that is there and is not JSON', async () => {
    const account = await register(service);
    const { token } = account;
    const refused: (typeof FRAMINGS)[number][] = [
      ['form', ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 3'], 'a=b'],
      ['chunked text', ['Content-Type: text/plain', 'Transfer-Encoding: chunked'], '1\r\nx\r\n0\r\n\r\n'],
      ['unlabelled', ['Content-Length: 2'], '{}'],
      ['packed', ['Content-Type: application/json', 'Content-Encoding: gzip', 'Content-Length: 2'], '{}'],
    ];
    for (const framing of refused)
      expectProblem(await ask('POST /auth/logout', framing, { token }), 'unsupported-media-type');
    expect(await isValid(service, token)).toBe(true);
  });
});
