import { decodeCursor, encodeCursor, isNumberKey } from './cursor';

const SCOPE = { list: 'users', sort: 'name', q: 'ada', active: true };
const POSITION = { key: 'ada lovelace 𝔸', id: '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11' };

describe('a cursor', () => {
  const cursor = encodeCursor(SCOPE, POSITION);

  it('leads on in the list that it came from, and is safe in an address', () => {
    expect(decodeCursor(SCOPE, cursor)).toEqual(POSITION);
    expect(
      decodeCursor({ active: true, q: 'ada', sort: 'name', list: 'users', role: undefined }, cursor),
    ).toEqual(POSITION);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(decodeCursor(SCOPE, undefined)).toBeUndefined();
  });

  it.each([
    ['another list', { ...SCOPE, list: 'teams' }],
    ['another order', { ...SCOPE, sort: 'email' }],
    ['another search', { ...SCOPE, q: 'ad' }],
    ['a filter more', { ...SCOPE, role: 'admin' }],
    ['a filter less', { list: 'users', sort: 'name', q: 'ada' }],
    ['a filter of another type', { ...SCOPE, active: 'true' }],
  ])('is refused in %s', (_what, scope) => {
    expect(() => decodeCursor(scope, cursor)).toThrow('must be the next_cursor');
  });

  it.each([
    '',
    'x',
    'AAAA',
    `${cursor}AA`,
    cursor.slice(0, -2),
    cursor.toUpperCase(),
    '\u0000',
    'é'.repeat(5000),
  ])('is refused when it is %j', (text) =>
    expect(() => decodeCursor(SCOPE, text)).toThrow('must be the next_cursor'),
  );

  it('holds no text that cannot be stored', () => {
    const hostile = encodeCursor(SCOPE, { ...POSITION, key: 'a\u0000' });
    expect(() => decodeCursor(SCOPE, hostile)).toThrow('must be the next_cursor');
    const noId = encodeCursor(SCOPE, { ...POSITION, id: 'x' });
    expect(() => decodeCursor(SCOPE, noId)).toThrow('must be the next_cursor');
  });

  it.each(['', '1.5', '1e3', 'now', '9'.repeat(19), ' 1'])(
    'is refused with %j where a number is the key',
    (key) => {
      const made = encodeCursor(SCOPE, { ...POSITION, key });
      expect(() => decodeCursor(SCOPE, made, isNumberKey)).toThrow('must be the next_cursor');
    },
  );
});
