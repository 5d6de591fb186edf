import { aLockedUser } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import { goodCodes, recoveryParts } from '../../test/support/unit/recovery';
import { AppError } from '../common/errors/app-error';
import type { Outbox } from '../mail/outbox.service';
import type { NewPasswordsService } from '../passwords/new-passwords.service';
import type { SignInPolicy } from '../passwords/sign-in-policy';
import { PasswordResetService } from './password-reset.service';

function serviceOf({ signIn = true, hash = answers('the hash'), request = done } = {}) {
  const journal = new Journal();
  const service = new PasswordResetService(
    journal.fake<Outbox>('outbox', { request, notify: done }),
    goodCodes(journal, { user: aLockedUser({ emailVerified: false }) }),
    recoveryParts(journal),
    journal.fake<NewPasswordsService>('newPasswords', { hash }),
    {
      assertPasswordSignInEnabled: () => {
        if (!signIn) throw new AppError('password-sign-in-disabled');
      },
    } as SignInPolicy,
    journal.audit(),
  );
  return { journal, service };
}

describe('PasswordResetService.request', () => {
  it('R90 asks for a mail to the address, whoever has it: no user is looked up', async () => {
    const { journal, service } = serviceOf();
    await service.request(' Ada@Example.COM ');
    expect(journal.acts).toEqual(['outbox.request', 'audit auth.password.reset-requested']);
    expect(journal.given('outbox.request')).toEqual([
      ['password-reset', { userId: null, address: 'ada@example.com' }],
    ]);
  });

  it('R90 names no user in the event: nobody knows them yet', async () => {
    const { journal, service } = serviceOf();
    await service.request('ada@example.com');
    expect(journal.events).toEqual([{ type: 'auth.password.reset-requested' }]);
  });

  it('records no request that could not be taken in', async () => {
    const { journal, service } = serviceOf({ request: refuses('mail-not-configured') });
    expect((await refusalOf(service.request('ada@example.com'))).code).toBe('mail-not-configured');
    expect(journal.events).toEqual([]);
  });

  it('R92 is refused while passwords open nothing', async () => {
    const { journal, service } = serviceOf({ signIn: false });
    expect((await refusalOf(service.request('ada@example.com'))).code).toBe('password-sign-in-disabled');
    expect(journal.acts).toEqual([]);
  });
});

describe('PasswordResetService.reset', () => {
  it('R20 R92 R93 sets the password, ends all that was issued, tells the user, and signs in: in one transaction', async () => {
    const { journal, service } = serviceOf();
    await service.reset('c', 'correct horse');
    expect(journal.acts).toEqual([
      'newPasswords.hash',
      'c: password-reset, auth.password.reset',
      'BEGIN',
      'tx account.setPassword',
      'tx account.endRightsOfUnproven', // R74: before the address counts as proven
      'tx account.markEmailVerified',
      'tx account.endAll',
      'tx outbox.notify',
      'tx account.signIn', // after the end of all sessions: this one lives
      'COMMIT',
      'account.endSurplus',
    ]);
    expect(journal.given('account.setPassword')).toEqual([['ada', 'the hash']]);
    expect(journal.given('outbox.notify')).toEqual([
      ['password-was-reset', { userId: 'ada', address: 'ada@example.com' }],
    ]);
  });

  it('refuses an unfit password before the code is used', async () => {
    const { journal, service } = serviceOf({ hash: refuses('invalid-input') });
    expect((await refusalOf(service.reset('c', 'short'))).code).toBe('invalid-input');
    expect(journal.acts).toEqual(['newPasswords.hash']);
  });

  it('R92 uses no code while passwords open nothing', async () => {
    const { journal, service } = serviceOf({ signIn: false });
    expect((await refusalOf(service.reset('c', 'correct horse'))).code).toBe('password-sign-in-disabled');
    expect(journal.acts).toEqual([]);
  });
});
