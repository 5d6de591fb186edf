import { answers, done, Journal } from '../../test/support/unit/journal';
import type { UsersService } from '../users/users.service';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { Activations } from './activations.service';

function redeem(used: { byMail: boolean } | undefined) {
  const journal = new Journal();
  const activations = new Activations(
    journal.fake<VerificationCodes>('codes', { consume: answers(used) }),
    journal.fake<UsersService>('users', { setPassword: answers(2), markEmailVerified: done }),
  );
  const redeemed = activations.redeem('c', { userId: 'ada', passwordHash: 'h' }, journal.manager);
  return { journal, redeemed };
}

describe('Activations', () => {
  it('proves the address by a code that went there by mail', async () => {
    const { journal, redeemed } = redeem({ byMail: true });
    expect(await redeemed).toEqual({ userId: 'ada', credentialsVersion: 2 });
    expect(journal.acts).toEqual(['codes.consume', 'users.setPassword', 'users.markEmailVerified']);
  });

  it('proves nothing by a code that an administrator has handed over', async () => {
    const { journal, redeemed } = redeem({ byMail: false });
    await redeemed;
    expect(journal.acts).not.toContain('users.markEmailVerified');
  });

  it('sets no password by a code that is good no longer', async () => {
    const { journal, redeemed } = redeem(undefined);
    expect(await redeemed).toBeUndefined();
    expect(journal.acts).toEqual(['codes.consume']);
  });
});
