import { createHash } from 'node:crypto';
import { SessionConfig } from '../config/session.config';
import { RefreshTokens, type RefreshToken } from './refresh-tokens';

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

function parsed(tokens: RefreshTokens, text: string): RefreshToken {
  const token = tokens.parse(text);
  if (!token) throw new Error('the token was not read');
  return token;
}

describe('RefreshTokens', () => {
  const tokens = tokensUnder(TODAY, BEFORE);

  it('makes first tokens of 256 random bits, known by their SHA-256 (R22)', () => {
    const many = Array.from({ length: 1000 }, () => tokens.first());
    expect(new Set(many.map(({ token }) => token)).size).toBe(1000);
    for (const { token, hash } of many) {
      expect(token).toMatch(FORM);
      expect(Buffer.from(token.slice(4), 'base64url')).toHaveLength(32);
      expect(hash).toEqual(createHash('sha256').update(token).digest());
    }
  });

  it('derives the very same child of a parent in every process that has the key (D4)', () => {
    const parent = tokens.first();
    const elsewhere = tokensUnder(Buffer.from(TODAY));
    expect(elsewhere.child(parsed(elsewhere, parent.token))).toEqual(tokens.child(parent));
  });

  it('derives children that look like first tokens, of each parent another, and each generation another', () => {
    let token = tokens.first();
    const seen = new Set([token.token, tokens.child(tokens.first()).token]);
    for (let generation = 0; generation < 100; generation++) {
      token = tokens.child(token);
      expect(token.token).toMatch(FORM);
      expect(token.hash).toEqual(createHash('sha256').update(token.token).digest());
      seen.add(token.token);
    }
    expect(seen.size).toBe(102);
  });

  it('derives another child under another key: the parent alone tells nothing of it', () => {
    const parent = tokens.first();
    expect(tokensUnder(FOREIGN).child(parent).token).not.toBe(tokens.child(parent).token);
  });

  it('refuses to derive a child without a key', () => {
    expect(() => tokensUnder().child(tokens.first())).toThrow('there is no key for refresh tokens');
  });

  it('finds the child that was given out under the key of today or of before, and no other (D4)', () => {
    const parent = tokens.first();
    for (const key of [TODAY, BEFORE]) {
      const child = tokensUnder(key).child(parent);
      expect(tokens.childWithHash(parent, child.hash)).toEqual(child);
    }
    expect(tokens.childWithHash(parent, tokensUnder(FOREIGN).child(parent).hash)).toBeUndefined();
    expect(tokens.childWithHash(parent, tokens.child(tokens.first()).hash)).toBeUndefined();
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
