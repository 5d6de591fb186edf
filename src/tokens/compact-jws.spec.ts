import { decodeCompactJws, tokenFormFault } from './compact-jws';

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const raw = (...bytes: number[]) => Buffer.from(bytes).toString('base64url');

const HEADER = encode({ alg: 'HS256' });
const PAYLOAD = encode({ sub: 'ada@example.com' });
const SIGNATURE = Buffer.alloc(32, 7).toString('base64url');

describe('decodeCompactJws (R7)', () => {
  it('reads the parts, and proves nothing', () => {
    expect(decodeCompactJws(`${HEADER}.${PAYLOAD}.${SIGNATURE}`)).toEqual({
      raw: `${HEADER}.${PAYLOAD}.${SIGNATURE}`,
      header: { alg: 'HS256' },
      payload: { sub: 'ada@example.com' },
      signature: Buffer.alloc(32, 7),
    });
  });

  it('reads the example of RFC 7515 appendix A.1, whose JSON has white space', () => {
    const token =
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.' +
      'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.' +
      'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    expect(decodeCompactJws(token)).toMatchObject({
      header: { typ: 'JWT', alg: 'HS256' },
      payload: { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true },
    });
  });

  it.each([
    ['', 'nothing'],
    ['.', 'a dot'],
    ['..', 'two dots'],
    ['...', 'three dots'],
    [HEADER, 'one part'],
    [`${HEADER}.${PAYLOAD}`, 'two parts'],
    [`${HEADER}.${PAYLOAD}.`, 'an empty signature'],
    [`.${PAYLOAD}.${SIGNATURE}`, 'an empty header'],
    [`${HEADER}..${SIGNATURE}`, 'an empty payload'],
    [`${HEADER}.${PAYLOAD}.${SIGNATURE}.`, 'an empty fourth part'],
    [`${HEADER}.${PAYLOAD}.${SIGNATURE}.x.y`, 'five parts'],
    ['.'.repeat(12_288), 'dots only'],
  ])('refuses a wrong number of parts: %.20s (%s)', (token) =>
    expect(decodeCompactJws(token)).toBeUndefined(),
  );

  it.each(['=', ' ', '\n', '+', '/', '!', 'é', '\0', '%3D'])(
    'refuses %j in each part (RFC 4648 section 5)',
    (letter) => {
      expect(decodeCompactJws(`${HEADER}${letter}.${PAYLOAD}.${SIGNATURE}`)).toBeUndefined();
      expect(decodeCompactJws(`${HEADER}.${PAYLOAD}${letter}.${SIGNATURE}`)).toBeUndefined();
      expect(decodeCompactJws(`${HEADER}.${PAYLOAD}.${SIGNATURE}${letter}`)).toBeUndefined();
      expect(decodeCompactJws(`${letter}${HEADER}.${PAYLOAD}.${SIGNATURE}`)).toBeUndefined();
    },
  );

  it('R19: refuses another spelling of the same bytes (RFC 4648 section 3.5)', () => {
    expect(SIGNATURE.slice(-1)).toBe('c');
    for (const spelling of ['d', 'e', 'f']) {
      expect(Buffer.from(SIGNATURE.slice(0, -1) + spelling, 'base64url')).toEqual(Buffer.alloc(32, 7));
      expect(decodeCompactJws(`${HEADER}.${PAYLOAD}.${SIGNATURE.slice(0, -1)}${spelling}`)).toBeUndefined();
    }
    expect(decodeCompactJws(`${HEADER}.${PAYLOAD}.A`)).toBeUndefined(); // six bits are no byte
  });

  it.each([
    'null',
    '[]',
    '[{}]',
    '"x"',
    '5',
    'true',
    '',
    ' ',
    '{',
    '{}{}',
    "{'a':1}",
    '{"a":1,}',
    '\ufeff{}',
    'NaN',
  ])('refuses %j for header and payload', (text) => {
    expect(decodeCompactJws(`${encode(text)}.${PAYLOAD}.${SIGNATURE}`)).toBeUndefined();
    expect(decodeCompactJws(`${HEADER}.${encode(text)}.${SIGNATURE}`)).toBeUndefined();
  });

  it.each([
    ['a lone continuation', raw(0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d)],
    ['an overlong letter', raw(0x7b, 0x22, 0xc1, 0x81, 0x22, 0x3a, 0x31, 0x7d)],
    ['a surrogate', raw(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d)],
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le').toString('base64url')],
  ])('refuses what is no UTF-8: %s', (_case, part) => {
    expect(decodeCompactJws(`${part}.${PAYLOAD}.${SIGNATURE}`)).toBeUndefined();
    expect(decodeCompactJws(`${HEADER}.${part}.${SIGNATURE}`)).toBeUndefined();
  });

  it('R15: reads 12288 letters, and looks at no more', () => {
    const pad = (length: number) =>
      `${HEADER}.${PAYLOAD}.${'A'.repeat(length - HEADER.length - PAYLOAD.length - 2)}`;
    const lengths = [12_288, 12_287, 12_286, 12_285]
      .map(pad)
      .filter((token) => decodeCompactJws(token) !== undefined);
    expect(lengths).toHaveLength(3); // one in four is no length of base64
    expect(
      [12_289, 12_290, 12_291, 12_292].map(pad).filter((token) => decodeCompactJws(token) !== undefined),
    ).toEqual([]);
  });

  it('J7: takes the last of two members of one name, and a member __proto__ for a member', () => {
    const decoded = decodeCompactJws(
      `${encode('{"alg":"none","alg":"HS256"}')}.${encode('{"__proto__":{"sub":"x"}}')}.${SIGNATURE}`,
    );
    expect(decoded?.header).toEqual({ alg: 'HS256' });
    expect(decoded?.payload.sub).toBeUndefined();
  });
});

describe('tokenFormFault', () => {
  const faultOf = (token: string) => tokenFormFault(token, decodeCompactJws(token));
  const unsigned = encode({ alg: 'none', typ: 'JWT' });

  it.each([
    ['a reference of LemonLDAP::NG', '5a7f0e1b9c', 'opaque'],
    ['a reference of oidc-provider', 'VLL8RAhdFNkzGtTNGFtPPSGbGuzJPWdzPUzbNXnMWB4', 'opaque'],
    ['nothing', '', 'opaque'],
    ['two parts', `${HEADER}.${PAYLOAD}`, 'opaque'],
    ['a token of the Firebase emulator', `${unsigned}.${PAYLOAD}.`, 'unsigned'],
    ['an unsigned one with a signature', `${unsigned}.${PAYLOAD}.${SIGNATURE}`, 'unsigned'],
    ['alg None', `${encode({ alg: 'None' })}.${PAYLOAD}.`, 'unsigned'],
    ['a JWE', `${HEADER}.${PAYLOAD}.${SIGNATURE}.x.y`, 'form'],
    ['an unsigned JWE', `${unsigned}.${PAYLOAD}.${SIGNATURE}.x.y`, 'form'],
    ['a header that is no JSON', `x.${PAYLOAD}.${SIGNATURE}`, 'form'],
    ['an empty signature', `${HEADER}.${PAYLOAD}.`, 'form'],
    ['12 KiB and a letter, opaque', 'x'.repeat(12 * 1024 + 1), 'too-long'],
    ['12 KiB and a letter, unsigned', `${unsigned}.${PAYLOAD}.`.padEnd(12 * 1024 + 1, 'x'), 'too-long'],
    ['12 KiB', 'x'.repeat(12 * 1024), 'opaque'],
    ['a good form', `${HEADER}.${PAYLOAD}.${SIGNATURE}`, undefined],
  ])('of %s', (_what, token, fault) => expect(faultOf(token)).toBe(fault));
});
