import { aLockedUser } from '../../test/support/unit/callers';
import { done, Journal } from '../../test/support/unit/journal';
import { aUsedCode, goodCodes, recoveryParts } from '../../test/support/unit/recovery';
import type { PasswordConfig } from '../config/password.config';
import type { Outbox } from '../mail/outbox.service';
import type { UsersService } from '../users/users.service';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { EmailUndoService } from './email-undo.service';

const [OLD, NEW] = ['ada@example.com', 'ada@example.org'];

describe('EmailUndoService', () => {
  function serviceOf({ signIn = true, isOpen = true } = {}) {
    const journal = new Journal();
    const used = aUsedCode({ address: OLD });
    const service = new EmailUndoService(
      journal.fake<Outbox>('outbox', { isOpen, notify: done, request: done }),
      goodCodes(journal, { used, user: aLockedUser({ email: NEW }) }),
      recoveryParts(journal),
      journal.fake<VerificationCodes>('codes', { endUndoAfter: done }),
      journal.fake<UsersService>('users', { changeEmail: done }),
      { signIn } as PasswordConfig,
    );
    return { journal, service, used };
  }
  const TAKEN_BACK = [
    'c: email-undo, auth.email.change-undone',
    'BEGIN',
    'tx codes.endUndoAfter',
    'tx users.changeEmail',
    'tx account.endAll',
    'tx outbox.notify',
  ];

  it('takes the address back, ends all that was issued, and sends a reset there that no bound holds back', async () => {
    const { journal, service, used } = serviceOf();
    await service.undo('c');
    expect(journal.acts).toEqual([...TAKEN_BACK, 'tx outbox.request', 'COMMIT']);
    expect(journal.given('codes.endUndoAfter')).toEqual([[used]]);
    expect(journal.given('users.changeEmail')).toEqual([['ada', OLD]]);
    expect(journal.given('outbox.request')).toEqual([
      ['password-reset', { userId: 'ada', address: OLD }, { isBounded: false }],
    ]);
  });

  it('R93 tells the address that it was taken from', async () => {
    const { journal, service } = serviceOf();
    await service.undo('c');
    expect(journal.given('outbox.notify')).toEqual([
      ['email-change-undone', { userId: 'ada', address: NEW }],
    ]);
  });

  it.each([
    ['passwords open nothing', { signIn: false }],
    ['no mail can be sent', { isOpen: false }],
  ])('takes the address back without a reset where %s', async (_what, given) => {
    const { journal, service } = serviceOf(given);
    await service.undo('c');
    expect(journal.acts).toEqual([...TAKEN_BACK, 'COMMIT']);
  });
});
