import { checkTimes, hasAudience, isNumericDate, isText } from './claim-rules';

const NOW = 1_700_000_000;
const LEEWAY = 30;
const good = { iat: NOW - 10, exp: NOW + 10 };

describe('checkTimes (R8, J10)', () => {
  it.each<[string, Record<string, unknown>]>([
    ['both times around now', good],
    ['exp a moment inside the leeway', { ...good, exp: NOW - LEEWAY + 0.001 }],
    ['iat at the leeway', { ...good, iat: NOW + LEEWAY }],
    ['nbf at the leeway', { ...good, nbf: NOW + LEEWAY }],
    ['nbf of the past', { ...good, nbf: 0 }],
    ['fractions', { iat: NOW - 0.5, exp: NOW + 0.5 }],
  ])('passes %s', (_case, claims) => expect(checkTimes(claims, NOW, LEEWAY)).toBeUndefined());

  it.each<[string, Record<string, unknown>, string]>([
    ['exp at the leeway (RFC 7519 section 4.1.4: on or after)', { ...good, exp: NOW - LEEWAY }, 'expired'],
    ['exp behind the leeway', { ...good, exp: NOW - LEEWAY - 1 }, 'expired'],
    ['exp of 1970', { ...good, exp: 0 }, 'expired'],
    ['a negative exp', { ...good, exp: -1 }, 'expired'],
    ['iat of the future', { ...good, iat: NOW + LEEWAY + 1 }, 'issued in the future'],
    ['nbf of the future', { ...good, nbf: NOW + LEEWAY + 1 }, 'not yet valid'],
    ['nbf that is no number', { ...good, nbf: String(NOW) }, 'not yet valid'],
    ['nbf null', { ...good, nbf: null }, 'not yet valid'],
    ['no exp', { iat: NOW }, 'times'],
    ['no iat', { exp: NOW + 10 }, 'times'],
    ['exp in a text', { ...good, exp: String(NOW + 10) }, 'times'],
    ['exp without end', { ...good, exp: Infinity }, 'times'],
    ['iat NaN', { ...good, iat: NaN }, 'times'],
  ])('refuses %s', (_case, claims, reason) => expect(checkTimes(claims, NOW, LEEWAY)).toBe(reason));

  it('forgives nothing with a leeway of 0', () => {
    expect(checkTimes({ ...good, exp: NOW }, NOW, 0)).toBe('expired');
    expect(checkTimes({ ...good, exp: NOW + 1, iat: NOW }, NOW, 0)).toBeUndefined();
    expect(checkTimes({ ...good, iat: NOW + 1 }, NOW, 0)).toBe('issued in the future');
  });
});

describe('isNumericDate', () => {
  it.each([0, 1.5, -1, NOW])('knows %d', (value) => expect(isNumericDate(value)).toBe(true));
  it.each([Infinity, -Infinity, NaN, '1', null, undefined, true, [], [1], {}, new Date()])(
    'refuses %j',
    (value) => expect(isNumericDate(value)).toBe(false),
  );
});

describe('hasAudience (R9)', () => {
  it.each<[unknown, boolean]>([
    ['ours', true],
    [['ours'], true],
    [['theirs', 'ours'], true],
    ['theirs', false],
    ['', false],
    ['ours ', false],
    ['OURS', false],
    [[], false],
    [['theirs'], false],
    [['ours', 5], false],
    [[['ours']], false],
    [{ 0: 'ours', length: 1 }, false],
    [undefined, false],
    [null, false],
    [true, false],
  ])('%j: %s', (aud, expected) => expect(hasAudience(aud, ['ours', 'also ours'])).toBe(expected));

  it('lets nobody in where nobody is allowed', () => {
    expect(hasAudience('ours', [])).toBe(false);
    expect(hasAudience([], [])).toBe(false);
  });
});

describe('isText', () => {
  it.each<[unknown, boolean]>([
    ['x', true],
    [' ', true],
    ['', false],
    [undefined, false],
    [null, false],
    [5, false],
    [['x'], false],
    [{}, false],
  ])('%j: %s', (value, expected) => expect(isText(value)).toBe(expected));
});
