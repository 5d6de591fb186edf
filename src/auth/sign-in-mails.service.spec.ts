import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import type { MailConfig } from '../config/mail.config';
import type { Outbox } from '../mail/outbox.service';
import type { NewlyOpenSession, SessionsService } from '../sessions/sessions.service';
import { SignInMails } from './sign-in-mails.service';

const UNPROVEN = anIdentity({ emailVerified: false });
const SESSION = { sessionId: 's', userId: 'ada' } as NewlyOpenSession;

function serviceOf({
  requireVerifiedEmail = true,
  notifyNewDevice = true,
  isOpen = true,
  isNew = true,
} = {}) {
  const journal = new Journal();
  const service = new SignInMails(
    { requireVerifiedEmail, notifyNewDevice } as MailConfig,
    journal.fake<Outbox>('outbox', { isOpen, request: done, notify: done }),
    journal.fake<SessionsService>('sessions', {
      isFromNewDevice: answers(isNew),
      hasOnlyOtherDevices: answers(isNew),
    }),
    journal.audit(),
  );
  return { journal, service };
}

describe('SignInMails', () => {
  it('refuses an unproven address where proof is asked for: a code goes there, and the sign-in has failed', async () => {
    const { journal, service } = serviceOf();
    expect((await refusalOf(service.assertVerified(UNPROVEN))).code).toBe('address-not-verified');
    expect(journal.acts).toEqual(['outbox.request', 'audit auth.login.failed']);
    // `signs_in`: the queue knows by it that a code goes at most every 10 minutes.
    expect(journal.given('outbox.request')).toEqual([
      ['email-verification', { userId: 'ada', address: 'ada@example.com' }, { facts: { signs_in: 'true' } }],
    ]);
  });

  it('refuses it as well where no mail can be sent, not with another problem', async () => {
    const { journal, service } = serviceOf({ isOpen: false });
    expect((await refusalOf(service.assertVerified(UNPROVEN))).code).toBe('address-not-verified');
    expect(journal.acts).toEqual(['audit auth.login.failed']);
  });

  it.each([
    ['a proven address', anIdentity(), {}],
    ['an unproven one where no proof is asked for', UNPROVEN, { requireVerifiedEmail: false }],
  ])('lets %s sign in, and sends nothing', async (_what, identity, config) => {
    const { journal, service } = serviceOf(config);
    await service.assertVerified(identity);
    expect(journal.acts).toEqual([]);
  });

  it('R93 tells of a new device in the transaction of the sign-in', async () => {
    const { journal, service } = serviceOf();
    await journal
      .database()
      .transaction((manager) => service.tellOfNewDevice(SESSION, anIdentity(), manager));
    expect(journal.acts).toEqual(['BEGIN', 'tx sessions.isFromNewDevice', 'tx outbox.notify', 'COMMIT']);
  });

  it('tells nobody of a device that another sign-in has made known meanwhile', async () => {
    const { journal, service } = serviceOf({ isNew: false });
    await service.tellOfNewDevice(SESSION, anIdentity(), journal.manager);
    expect(journal.acts).toEqual(['sessions.isFromNewDevice']);
  });

  it.each([
    ['a new device', {}, true, ['sessions.hasOnlyOtherDevices']],
    ['a known device', { isNew: false }, false, ['sessions.hasOnlyOtherDevices']],
    ['notices that are off', { notifyNewDevice: false }, false, []],
    ['no mail server', { isOpen: false }, false, []],
  ])('looks whether there is something to tell of: %s', async (_what, config, mayBe, acts) => {
    const { journal, service } = serviceOf(config);
    expect(await service.mayBeNewDevice(anIdentity())).toBe(mayBe);
    expect(journal.acts).toEqual(acts);
  });
});
