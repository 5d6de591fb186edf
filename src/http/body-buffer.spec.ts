import { BodyBuffer, MAX_BODY_BYTES } from './body-buffer';

const LONGEST = 12 * 1024;
const CEILING = 1024 * 1024;
const TOKEN = { paths: /^\/token$/, name: 'token', longest: LONGEST, ceiling: CEILING };

/** Fills a buffer by parts of this size; the body, or how many bytes it took to refuse it. */
function read(text: string | Buffer, partSize = 4096, member: typeof TOKEN | undefined = TOKEN) {
  const bytes = Buffer.from(text);
  const body = new BodyBuffer(member);
  for (let at = 0; at < bytes.length; at += partSize) {
    if (!body.add(bytes.subarray(at, at + partSize))) return Math.min(at + partSize, bytes.length);
  }
  return body.bytes()?.toString();
}

const parsed = (text: unknown) => JSON.parse(String(text)) as Record<string, unknown>;

describe('BodyBuffer', () => {
  it.each([1, 100, 20_000])('hands on a body that fits, in parts of %i', (size) => {
    const body = `{"token":"${'é'.repeat(8000)}"}`;
    expect(read(body, size)).toBe(body);
    expect(read(body, size, undefined)).toBe(body);
    const full = `{"pad":"${'x'.repeat(MAX_BODY_BYTES - 10)}"}`;
    expect(Buffer.byteLength(full)).toBe(MAX_BODY_BYTES);
    expect(read(full, size)).toBe(full);
  });

  it.each([1, 7, 4096, CEILING])('puts filler for a token that is too long, in parts of %i', (size) => {
    for (const value of [
      'a'.repeat(MAX_BODY_BYTES),
      'é.'.repeat(9000),
      'x\\"y\\\\'.repeat(5000),
      '\\"'.repeat(10_000),
    ]) {
      const body = parsed(read(`{ "a": ["\\"", {}], "token" : "${value}", "accept": ["user"] }`, size));
      expect(body).toEqual({ a: ['"', {}], token: 'x'.repeat(LONGEST + 1), accept: ['user'] });
    }
  });

  it('takes a token up to its ceiling, and stops behind it', () => {
    const wrap = (length: number) => `{"token":"${'a'.repeat(length)}"}`;
    expect(parsed(read(wrap(CEILING))).token).toHaveLength(LONGEST + 1);
    expect(read(wrap(CEILING + 1), 1)).toBe(CEILING + 11);
    expect(read(wrap(10 * CEILING))).toBeLessThan(CEILING + 10 + 4097);
  });

  it.each<[string, string]>([
    ['no JSON', 'x'.repeat(40_000)],
    ['lists', '['.repeat(40_000)],
    ['white space', `{${' '.repeat(40_000)}`],
    ['another member', `{"token":"a","pad":"${'x'.repeat(40_000)}"}`],
    ['a member with a longer name', `{"xtoken":"${'x'.repeat(40_000)}"}`],
    ['a text that looks like the member', `{"a":"\\"token\\":\\"${'x'.repeat(40_000)}"}`],
    ['a name', `{"${'x'.repeat(40_000)}":"token"}`],
    ['the member further down', `{"a":{"token":"${'x'.repeat(40_000)}"}}`],
    ['the member in a list', `["token","${'x'.repeat(40_000)}"]`],
    ['a list for the member', `{"token":["${'x'.repeat(40_000)}"]}`],
  ])('refuses what is too large for another reason: %s', (_what, text) => {
    expect(read(text)).toBe(MAX_BODY_BYTES + 4096);
    expect(read(text, 4096, undefined)).toBe(MAX_BODY_BYTES + 4096);
  });

  it('refuses a body that is too large beside a token of allowed length', () => {
    const token = 'a'.repeat(LONGEST);
    expect(read(`{"pad":"${'x'.repeat(4096)}","token":"${token}"}`)).toEqual(expect.any(Number));
    expect(read(`{"pad":"${'x'.repeat(4096)}","token":"${token}a"}`)).toEqual(expect.any(String));
    expect(read(`{"token":"${token}aaaaaaaa","pad":"${'x'.repeat(MAX_BODY_BYTES)}"}`)).toEqual(
      expect.any(Number),
    );
  });

  it('leaves a token that does not end as broken as it is', () => {
    expect(() => parsed(read(`{"token":"${'a'.repeat(40_000)}`))).toThrow(SyntaxError);
    expect(() => parsed(read(`{"token":"${'a'.repeat(40_000)}\\"}`))).toThrow(SyntaxError);
  });

  it('keeps little of a long token in memory', () => {
    const body = new BodyBuffer(TOKEN);
    const part = Buffer.alloc(64 * 1024, 'a');
    body.add(Buffer.from('{"token":"'));
    for (let n = 0; n < 15; n++) expect(body.add(part)).toBe(true);
    expect(body.add(Buffer.from('"}'))).toBe(true);
    expect(body.bytes()?.length).toBeLessThan(LONGEST + 100);
  });
});
