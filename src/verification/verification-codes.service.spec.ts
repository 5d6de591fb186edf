import { answers, done, Journal, type Plan } from '../../test/support/unit/journal';
import type { MailConfig } from '../config/mail.config';
import type { UsersService } from '../users/users.service';
import { hashCode } from './code-text';
import type { VerificationCodesRepository } from './verification-codes.repository';
import { VerificationCodes } from './verification-codes.service';

const EXPIRES = new Date('2026-05-02T10:00:00.000Z');
const [TODAY, BEFORE] = [Buffer.alloc(32, 'today'), Buffer.alloc(32, 'before')] as [Buffer, Buffer];
const RESET = { userId: 'ada', purpose: 'password-reset', address: 'ada@example.com', byMail: true } as const;
const GOOD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const HASH = hashCode(GOOD);

function codesOf(plan: Plan<VerificationCodesRepository> = {}, codeKeys: Buffer[] = [TODAY]) {
  const journal = new Journal();
  const codes = new VerificationCodes(
    journal.fake<VerificationCodesRepository>('codes', plan),
    journal.fake<UsersService>('users', { lock: done }),
    { codeKeys } as Partial<MailConfig> as MailConfig,
  );
  return { journal, codes };
}

describe('VerificationCodes', () => {
  it('R89 hands out codes of 130 bits, and stores their hash alone', async () => {
    const { journal, codes } = codesOf({ insert: answers(EXPIRES) });
    const issued = await codes.issue({ ...RESET, byMail: false }, journal.manager);
    const other = await codes.issue({ ...RESET, byMail: false }, journal.manager);
    expect(issued).toEqual({ code: expect.stringMatching(/^[A-Z2-7]{26}$/), expiresAt: EXPIRES });
    expect(other.code).not.toBe(issued.code);
    const [stored, hash] = journal.given('codes.insert')[0] ?? [];
    expect(hash).toEqual(hashCode(issued.code));
    expect(JSON.stringify([stored, hash])).not.toContain(issued.code);
  });

  it('R89 leaves a mail with a seed that is no code without a key of this service', async () => {
    const { journal, codes } = codesOf({ insert: answers(EXPIRES) });
    const mailed = await codes.issueForMail(RESET, journal.manager);
    const code = codes.recover(mailed);
    expect(hashCode(code ?? '')).toEqual(mailed.hash);
    expect(journal.given('codes.insert')).toEqual([[RESET, mailed.hash]]);
    expect(codesOf({}, [BEFORE]).codes.recover(mailed)).toBeUndefined();
  });

  it('makes the code of a mail again after the key was replaced', async () => {
    const { journal, codes } = codesOf({ insert: answers(EXPIRES) });
    const mailed = await codes.issueForMail(RESET, journal.manager);
    expect(codesOf({}, [BEFORE, TODAY]).codes.recover(mailed)).toBe(codes.recover(mailed));
  });

  it('fails rather than make a code for a mail without a key', async () => {
    const { journal, codes } = codesOf({}, []);
    await expect(codes.issueForMail(RESET, journal.manager)).rejects.toThrow('no key');
    expect(journal.acts).toEqual([]);
  });

  it.each([
    ['in small letters', GOOD.toLowerCase()],
    ['with hyphens', 'ABCDEF-GHIJK-LMNOP-QRSTU-VWXYZ'],
    ['with spaces around and in it', ` ABCDEFGHIJKLM\nNOPQRSTUVWXYZ `],
  ])('finds the owner of a code that was typed %s', async (_how, typed) => {
    const { journal, codes } = codesOf({ findOwner: answers({ id: 'ada' }) });
    expect(await codes.findOwner(typed, 'activation')).toEqual({ id: 'ada' });
    expect(journal.given('codes.findOwner')).toEqual([[HASH, 'activation']]);
  });

  it.each([
    ['empty', ''],
    ['too short', GOOD.slice(1)],
    ['too long', `${GOOD}A`],
    ['with a digit that is none of base32', GOOD.replace('A', '1')],
  ])('takes a text that is %s for no code, and asks nobody', async (_what, typed) => {
    const { journal, codes } = codesOf();
    expect(await codes.findOwner(typed, 'activation')).toBeUndefined();
    const use = { userId: 'ada', purpose: 'activation' } as const;
    expect(await codes.consume(typed, use, journal.manager)).toBeUndefined();
    expect(journal.acts).toEqual([]);
  });

  it('locks the user before the code: what changes them comes before or after', async () => {
    const { journal, codes } = codesOf({ consume: answers({ userId: 'ada' }) });
    await codes.consume(GOOD, { userId: 'ada', purpose: 'email-undo' }, journal.manager);
    expect(journal.acts).toEqual(['users.lock', 'codes.consume']);
    expect(journal.given('codes.consume')).toEqual([[HASH, { userId: 'ada', purpose: 'email-undo' }]]);
  });
});
