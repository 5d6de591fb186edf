import { createHash, createHmac } from 'node:crypto';
import { SessionConfig } from '../config/session.config';
import { isEarlier, nextPlace, RefreshTokens, type ParsedToken } from './refresh-tokens';

const FORM = /^psr_[A-Za-z0-9_-]{43}$/;
const [TODAY, BEFORE, FOREIGN] = ['today', 'before', 'foreign'].map((word) =>
  Buffer.from(word.padEnd(32, '.')),
) as [Buffer, Buffer, Buffer];

function tokensUnder(...refreshTokenKeys: Buffer[]): RefreshTokens {
  return new RefreshTokens(
    new SessionConfig({
      graceSeconds: 10,
      refreshTokenKeys,
      idleDays: 7,
      maxDays: 30,
      cleanupIntervalSeconds: 60,
    }),
  );
}

function parsed(tokens: RefreshTokens, text: string): ParsedToken {
  const token = tokens.parse(text);
  if (!token) throw new Error('the token was not read');
  return token;
}

describe('RefreshTokens', () => {
  const tokens = tokensUnder(TODAY, BEFORE);
  const salt = tokens.salt();
  const childOf = (parent: ParsedToken, by = tokens, withSalt = salt) =>
    parsed(by, by.child(parent, nextPlace(parent), withSalt).token);

  it('makes first tokens of 224 random bits, 128 of them a secret of its own, known by their SHA-256 (R22)', () => {
    const many = Array.from({ length: 1000 }, () => tokens.first());
    const parts = many.map(({ token }) => Buffer.from(token.slice(4), 'base64url'));
    for (const range of [
      [0, 12],
      [16, 32],
    ] as const) {
      expect(new Set(parts.map((bytes) => bytes.subarray(...range).toString('hex'))).size).toBe(1000);
    }
    for (const { token, hash, generation } of many) {
      expect(token).toMatch(FORM);
      expect(hash).toEqual(createHash('sha256').update(token).digest());
      expect(generation).toBe(0);
    }
  });

  it('derives the very same child of parent and salt in every process that has the key (D4)', () => {
    const parent = tokens.first();
    const elsewhere = tokensUnder(Buffer.from(TODAY));
    expect(childOf(parsed(elsewhere, parent.token), elsewhere, Buffer.from(salt))).toEqual(childOf(parent));
  });

  it('derives another child with another salt, of all its 128 bits: key and parent tell nothing of it (R77)', () => {
    const parent = tokens.first();
    const secrets = Array.from({ length: 1000 }, () =>
      Buffer.from(childOf(parent, tokens, tokens.salt()).token.slice(4), 'base64url').subarray(16),
    );
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(1000);
    const everSet = secrets.reduce(
      (bits, secret) => bits.map((byte, at) => byte | Number(secret[at])),
      Array<number>(16).fill(0),
    );
    expect(everSet).toEqual(Array<number>(16).fill(255));
  });

  it('derives children of the same family, each one generation on, that look like first tokens', () => {
    let token = tokens.first();
    const { family } = token;
    const seen = new Set([token.token, childOf(tokens.first()).token]);
    for (let generation = 1; generation <= 100; generation++) {
      token = childOf(token);
      expect(token.token).toMatch(FORM);
      expect(token).toMatchObject({ family, generation });
      expect(token.hash).toEqual(createHash('sha256').update(token.token).digest());
      seen.add(token.token);
    }
    expect(seen.size).toBe(102);
  });

  it('counts generations beyond the last number that fits (R23)', () => {
    let last = tokens.first({ family: tokens.first().family, generation: 2 ** 31 - 2 });
    for (const generation of [2 ** 31 - 1, -(2 ** 31), -(2 ** 31) + 1]) {
      const child = childOf(last);
      expect(child.generation).toBe(generation);
      expect([isEarlier(last.generation, generation), isEarlier(generation, last.generation)]).toEqual([
        true,
        false,
      ]);
      last = child;
    }
    expect(isEarlier(5, 5)).toBe(false);
  });

  it('derives another child under another key: the parent and the salt alone tell nothing of it (R77)', () => {
    const parent = tokens.first();
    expect(childOf(parent, tokensUnder(FOREIGN)).token).not.toBe(childOf(parent).token);
  });

  it('refuses to derive a child without a key', () => {
    expect(() => childOf(tokens.first(), tokensUnder())).toThrow('there is no key for refresh tokens');
  });

  it('finds the child that was given out under the key of today or of before, and no other (D4)', () => {
    const parent = tokens.first();
    const find = (hash: Buffer, withSalt = salt) =>
      tokens.childWithHash(parent, nextPlace(parent), withSalt, hash)?.token;
    for (const key of [TODAY, BEFORE]) {
      const child = childOf(parent, tokensUnder(key));
      expect(find(child.hash)).toBe(child.token);
    }
    expect(find(childOf(parent, tokensUnder(FOREIGN)).hash)).toBeUndefined();
    expect(find(childOf(tokens.first()).hash)).toBeUndefined();
    expect(find(childOf(parent).hash, tokens.salt())).toBeUndefined();
  });

  it('finds the child that version 1.0.0 gave out under the key of today or of before: an HMAC of the parent', () => {
    const parent = tokens.first();
    for (const [key, isKnown] of [
      [TODAY, true],
      [BEFORE, true],
      [FOREIGN, false],
    ] as const) {
      const token = `psr_${createHmac('sha256', key).update(parent.token).digest('base64url')}`;
      const { hash } = parsed(tokens, token);
      expect(tokens.unsaltedChildWithHash(parent, hash)?.token).toBe(isKnown ? token : undefined);
    }
  });

  it('reads back what it made', () => {
    const token = tokens.first();
    expect(tokens.parse(token.token)).toEqual(token);
  });

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'psr_'],
    ['42 characters', `psr_${'A'.repeat(42)}`],
    ['44 characters', `psr_${'A'.repeat(44)}`],
    ['another prefix', `PSR_${'A'.repeat(43)}`],
    ['no prefix', 'A'.repeat(47)],
    ['a character of plain base64', `psr_${'A'.repeat(42)}+`],
    ['padding', `psr_${'A'.repeat(42)}=`],
    ['a line break behind', `psr_${'A'.repeat(43)}\n`],
    ['a space before', ` psr_${'A'.repeat(43)}`],
    ['a letter that is not ASCII', `psr_${'A'.repeat(42)}é`],
  ])('takes %s for no token of ours', (_what, text) => {
    expect(tokens.parse(text)).toBeUndefined();
  });
});
