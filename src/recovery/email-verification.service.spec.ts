import { aLockedUser, aUser } from '../../test/support/unit/callers';
import { done, Journal, refusalOf } from '../../test/support/unit/journal';
import { aUsedCode, goodCodes, recoveryParts } from '../../test/support/unit/recovery';
import { AppError } from '../common/errors/app-error';
import type { PasswordConfig } from '../config/password.config';
import type { Outbox } from '../mail/outbox.service';
import type { UsersService } from '../users/users.service';
import type { UsedCode } from '../verification/verification-codes.repository';
import { EmailVerificationService } from './email-verification.service';

const UNPROVEN = aLockedUser({ emailVerified: false });
const REGISTRATION = { passwordHash: 'the newest', name: 'Ada L.' };

function serviceOf({
  used = {},
  signIn = true,
  isOpen = true,
}: { used?: Partial<UsedCode>; signIn?: boolean; isOpen?: boolean } = {}) {
  const journal = new Journal();
  const service = new EmailVerificationService(
    journal.fake<Outbox>('outbox', {
      assertOpen: () => {
        if (!isOpen) throw new AppError('mail-not-configured');
      },
      request: done,
    }),
    goodCodes(journal, { used: aUsedCode(used), user: UNPROVEN }),
    recoveryParts(journal),
    journal.fake<UsersService>('users', { updateProfile: () => Promise.resolve(true) }),
    { signIn } as PasswordConfig,
    journal.audit(),
  );
  return { journal, service };
}

describe('EmailVerificationService.request', () => {
  afterEach(() => void jest.useRealTimers());

  it('has a code sent to the own address, and tells when it expires', async () => {
    jest.useFakeTimers({ now: new Date('2026-05-01T10:00:00.000Z') });
    const { journal, service } = serviceOf();
    const expires = await service.request(aUser({ emailVerified: false }));
    expect(expires).toEqual(new Date('2026-05-02T10:00:00.000Z'));
    expect(journal.given('outbox.request')).toEqual([
      ['email-verification', { userId: 'ada', address: 'ada@example.com' }],
    ]);
    expect(journal.events).toEqual([{ type: 'auth.email.verification-requested', user_id: 'ada' }]);
  });

  it('refuses a proven address, and sends nothing', async () => {
    const { journal, service } = serviceOf();
    expect((await refusalOf(service.request(aUser()))).code).toBe('already-verified');
    expect(journal.acts).toEqual(['outbox.assertOpen']);
  });

  it('refuses where no mail can be sent', async () => {
    const { service } = serviceOf({ isOpen: false });
    const refusal = await refusalOf(service.request(aUser({ emailVerified: false })));
    expect(refusal.code).toBe('mail-not-configured');
  });
});

describe('EmailVerificationService.verify', () => {
  const PROVEN = ['BEGIN', 'tx account.endRightsOfUnproven', 'tx account.markEmailVerified'];

  it('R74 ends rights given by hand before the address counts as proven, and signs nobody in', async () => {
    const { journal, service } = serviceOf();
    expect(await service.verify('c')).toBeUndefined();
    expect(journal.acts.slice(1)).toEqual([...PROVEN, 'COMMIT']);
    expect(journal.given('account.endRightsOfUnproven')).toEqual([[UNPROVEN, 'email-verified']]);
  });

  it('lets the newest registration count: its password and name, and nothing of before it', async () => {
    const { journal, service } = serviceOf({ used: { signsIn: true, registration: REGISTRATION } });
    expect(await service.verify('c')).toMatchObject({ refreshToken: 'r' });
    expect(journal.acts.slice(1)).toEqual([
      ...PROVEN,
      'tx account.setPassword',
      'tx users.updateProfile',
      'tx account.endAll',
      'tx account.signIn',
      'COMMIT',
      'account.endSurplus', // R79
    ]);
    expect(journal.given('account.setPassword')).toEqual([['ada', 'the newest']]);
    expect(journal.given('users.updateProfile')).toEqual([['ada', { name: 'Ada L.' }]]);
  });

  it('signs in by a code that a sign-in has asked for, with the password of before', async () => {
    const { journal, service } = serviceOf({ used: { signsIn: true } });
    await service.verify('c');
    expect(journal.acts).toContain('tx account.signIn');
    expect(journal.acts).not.toContain('tx account.setPassword');
    expect(journal.acts).not.toContain('tx account.endAll');
  });

  it('signs nobody in while passwords open nothing, but proves the address', async () => {
    const { journal, service } = serviceOf({ used: { signsIn: true }, signIn: false });
    expect(await service.verify('c')).toBeUndefined();
    expect(journal.acts.slice(1)).toEqual([...PROVEN, 'COMMIT']);
  });
});
