import { parseExtraClaims } from './extra-claims';

const faultOf = (value: unknown) => {
  try {
    parseExtraClaims(typeof value === 'string' ? value : JSON.stringify(value));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('AUTH_JWT_EXTRA_CLAIMS', () => {
  it.each<object>([
    {},
    { scope: 'rabbitmq.read:*/* rabbitmq.write:*/*' },
    { username: '$email', role: '$role', name: '$name', id: '$uid' },
    { a: null, b: 5, c: true, d: ['x', { y: 1 }], e: { f: 'no $placeholder' } },
    { 'https://example.com/claim': 'x', constructor: 'x' },
  ])('takes %j', (claims) => expect(parseExtraClaims(JSON.stringify(claims))).toEqual(claims));

  it.each([
    ...['iss', 'sub', 'uid', 'sid', 'jti', 'iat', 'exp', 'nbf', 'aud', 'client_id', 'email_verified'],
    ...['auth_time', 'amr', 'session_version', 'token_use', 'cnf', '__proto__'],
  ])('R10 never sets %s', (name) => {
    expect(faultOf(`{"a":1,"${name}":"x"}`)).toBe(`must not set ${name}, which is a claim of every token`);
  });

  it.each([
    ['no JSON', '{', /must be a JSON object/],
    ['a list', '[]', /must be a JSON object/],
    ['a text', '"x"', /must be a JSON object/],
    ['null', 'null', /must be a JSON object/],
    ['a claim twice', '{"a":1,"\\u0061":2}', /twice/],
    ['another placeholder', { a: '$id' }, /^has in "a" a text that begins with \$: only \$uid/],
    ['a placeholder in another letter case', { a: '$UID' }, /begins with \$/],
    ['more than a placeholder', { a: '$uid x' }, /begins with \$/],
    ['a placeholder within', { a: { b: ['$uid'] } }, /^has in "a"/],
    ['more than 1 KiB', { a: 'x'.repeat(1016) + 'y' }, /at most 1024 bytes/],
    ['more than 1 KiB of bytes', { a: 'é'.repeat(509) }, /at most 1024 bytes/],
  ])('does not take %s', (_what, value, fault) => expect(faultOf(value)).toMatch(fault));

  it('takes 1 KiB', () => expect(faultOf({ a: 'x'.repeat(1016) })).toBeUndefined());
});
