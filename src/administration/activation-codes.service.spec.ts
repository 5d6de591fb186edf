import { answers, done, Journal } from '../../test/support/unit/journal';
import type { Outbox } from '../mail/outbox.service';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { ActivationCodes } from './activation-codes.service';

const ADA = { id: 'ada', email: 'ada@example.com' };

function codesOf() {
  const journal = new Journal();
  const codes = new ActivationCodes(
    journal.fake<VerificationCodes>('codes', { issue: answers({ code: 'c' }) }),
    journal.fake<Outbox>('outbox', { request: done }),
  );
  return { journal, codes };
}

describe('ActivationCodes', () => {
  afterEach(() => void jest.useRealTimers());

  it('hands over codes that prove no address', async () => {
    const { journal, codes } = codesOf();
    await codes.issue(ADA, journal.manager);
    expect(journal.given('codes.issue')).toEqual([
      [{ userId: 'ada', purpose: 'activation', address: 'ada@example.com', byMail: false }],
    ]);
  });

  it('R91 sends codes on behalf of the administrator: the bound of a source does not count them', async () => {
    jest.useFakeTimers({ now: new Date('2026-05-01T10:00:00.000Z') });
    const { journal, codes } = codesOf();
    expect(await codes.send(ADA, journal.manager)).toEqual(new Date('2026-05-02T10:00:00.000Z'));
    expect(journal.given('outbox.request')).toEqual([
      ['activation', { userId: 'ada', address: 'ada@example.com' }, { byAdministrator: true }],
    ]);
    expect(journal.acts).toEqual(['outbox.request']); // the code is made when it is the mail's turn
  });
});
