import { done, Journal, refusalOf } from '../../test/support/unit/journal';
import { onBehalfOf, type RequestScope } from '../common/request-scope';
import type { MailConfig } from '../config/mail.config';
import type { MailsRepository } from './mails.repository';
import { Outbox } from './outbox.service';

const ADA = { userId: 'ada', address: 'ada@example.com' };
const CODE = { seed: Buffer.from('seed'), hash: Buffer.from('hash'), expiresAt: new Date() };

function outboxOf({ delivery = 'smtp', requireVerifiedEmail = false }: Partial<MailConfig> = {}) {
  const journal = new Journal();
  const outbox = new Outbox(journal.fake<MailsRepository>('mails', { insert: done }), {
    delivery,
    requireVerifiedEmail,
  } as MailConfig);
  const origin = { ipAddress: '2001:db8:1:2:3:4:5:6', userAgent: 'Firefox' };
  const inRequest = <T>(work: () => T) =>
    onBehalfOf({ origin } as Partial<RequestScope> as RequestScope, work);
  const written = () => journal.given('mails.insert')[0]?.[0];
  return { journal, outbox, inRequest, written };
}

describe('Outbox', () => {
  it('R91 takes a request in with the network that it comes from, in the transaction of the act', async () => {
    const { journal, outbox, inRequest, written } = outboxOf();
    await journal
      .database()
      .transaction((manager) => inRequest(() => outbox.request('password-reset', ADA, {}, manager)));
    expect(journal.acts).toEqual(['BEGIN', 'tx mails.insert', 'COMMIT']);
    expect(written()).toEqual({
      ...ADA,
      kind: 'password-reset',
      facts: {},
      source: '2001:db8:1:2',
      isBounded: true,
      isPrepared: false,
    });
  });

  it('R91 counts requests of administrators for no source', async () => {
    const { outbox, inRequest, written } = outboxOf();
    await inRequest(() => outbox.request('activation', ADA, { byAdministrator: true }));
    expect(written()).toMatchObject({ source: null, isBounded: true });
  });

  it('takes a request in that comes from no request', async () => {
    const { outbox, written } = outboxOf();
    await outbox.request('password-reset', ADA, { isBounded: false });
    expect(written()).toMatchObject({ source: null, isBounded: false });
  });

  it('R93 tells in a notice when and from where it was done, beside its own facts', async () => {
    jest.useFakeTimers({ now: new Date('2026-05-01T10:02:03.000Z') });
    const { journal, outbox, inRequest, written } = outboxOf();
    await inRequest(() => outbox.notify('account-changed', ADA, journal.manager, { change: 'the name' }));
    jest.useRealTimers();
    expect(written()).toMatchObject({
      isBounded: false,
      isPrepared: true,
      facts: {
        time: '2026-05-01 10:02 UTC',
        device: 'Firefox',
        ip: '2001:db8:1:2:3:4:5:6',
        change: 'the name',
      },
    });
  });

  it('says unknown where nobody knows', async () => {
    const { journal, outbox, written } = outboxOf();
    await outbox.notify('password-changed', ADA, journal.manager);
    expect(written()).toMatchObject({ facts: { device: 'unknown', ip: 'unknown' } });
  });

  it('takes a code in that was made already, as a mail that no bound holds back', async () => {
    const { journal, outbox, written } = outboxOf();
    await outbox.sendCode('email-changed', ADA, CODE, journal.manager);
    expect(written()).toMatchObject({ code: CODE, isBounded: false, isPrepared: true });
  });

  it('without a mail server refuses what only sends, and leaves out what also sends', async () => {
    const { journal, outbox } = outboxOf({ delivery: 'none' });
    expect((await refusalOf(outbox.request('password-reset', ADA))).code).toBe('mail-not-configured');
    await outbox.notify('password-changed', ADA, journal.manager);
    await outbox.sendCode('email-changed', ADA, CODE, journal.manager);
    expect(journal.acts).toEqual([]);
  });

  it.each([
    ['smtp', true, true],
    ['files', true, true],
    ['none', true, false],
    ['smtp', false, false],
  ] as const)(
    'lets a mail answer registrations with %s, proof asked for: %s',
    (delivery, requireVerifiedEmail, verifies) => {
      expect(outboxOf({ delivery, requireVerifiedEmail }).outbox.verifiesRegistrations).toBe(verifies);
    },
  );
});
