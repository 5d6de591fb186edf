import { QueryFailedError } from 'typeorm';
import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import { aUsedCode, goodCodes, recoveryParts } from '../../test/support/unit/recovery';
import type { IdentityContextReader } from '../identity/identity-context.reader';
import type { Outbox } from '../mail/outbox.service';
import type { UsersService } from '../users/users.service';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { EmailChangeService } from './email-change.service';

const [OLD, NEW] = ['ada@example.com', 'ada@example.org'];
const CODE = { seed: Buffer.from('seed'), hash: Buffer.from('hash') };
const CHANGE = { address: NEW, sessionId: 'her-session' };

describe('EmailChangeService', () => {
  function serviceOf({ changeEmail = done } = {}) {
    const journal = new Journal();
    const service = new EmailChangeService(
      journal.fake<Outbox>('outbox', { sendCode: done }),
      goodCodes(journal, { used: aUsedCode(CHANGE) }),
      recoveryParts(journal),
      journal.fake<VerificationCodes>('codes', { issueForMail: answers(CODE) }),
      journal.fake<UsersService>('users', { changeEmail }),
      journal.fake<IdentityContextReader>('identities', { getById: answers(anIdentity({ email: NEW })) }),
    );
    return { journal, service };
  }

  it('changes the address, ends other sessions, and sends the old address a code that undoes it', async () => {
    const { journal, service } = serviceOf();
    expect(await service.change('c')).toMatchObject({ email: NEW });
    expect(journal.acts).toEqual([
      'c: email-change, auth.email.changed',
      'BEGIN',
      'tx account.endRightsOfUnproven',
      'tx users.changeEmail',
      'tx account.endOthers',
      'tx codes.issueForMail',
      'tx outbox.sendCode',
      'tx identities.getById',
      'COMMIT',
    ]);
    expect(journal.given('users.changeEmail')).toEqual([['ada', NEW]]);
    expect(journal.given('account.endOthers')).toEqual([['ada', 'her-session', 'email-changed']]);
    expect(journal.given('codes.issueForMail')).toEqual([
      [{ userId: 'ada', purpose: 'email-undo', address: OLD, byMail: true }],
    ]);
    expect(journal.given('outbox.sendCode')).toEqual([
      ['email-changed', { userId: 'ada', address: OLD }, CODE],
    ]);
  });

  it('R90 refuses an address that was taken meanwhile as if the code were none, and nothing happens', async () => {
    const taken = Object.assign(new Error('duplicate key'), { code: '23505', constraint: 'uq_users_email' });
    const { journal, service } = serviceOf({
      changeEmail: () => Promise.reject(new QueryFailedError('UPDATE', [], taken)),
    });
    expect((await refusalOf(service.change('c'))).code).toBe('code-invalid');
    expect(journal.acts.slice(-2)).toEqual(['tx users.changeEmail', 'ROLLBACK']);
  });

  it('D8 does not take an outage for a taken address', async () => {
    const away = new QueryFailedError('UPDATE', [], Object.assign(new Error('gone'), { code: '57P01' }));
    const { service } = serviceOf({ changeEmail: () => Promise.reject(away) });
    await expect(service.change('c')).rejects.toBe(away);
  });
});
