import { aUser } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import { AppError } from '../common/errors/app-error';
import type { Outbox } from '../mail/outbox.service';
import type { ReauthenticationService } from '../passwords/reauthentication.service';
import type { AuthorityService } from '../users/authority.service';
import { EmailChangeRequestService } from './email-change-request.service';

const [OLD, NEW] = ['ada@example.com', 'ada@example.org'];

describe('EmailChangeRequestService', () => {
  function serviceOf({ isOpen = true, require = done } = {}) {
    const journal = new Journal();
    const service = new EmailChangeRequestService(
      journal.database(),
      journal.fake<Outbox>('outbox', {
        assertOpen: () => {
          if (!isOpen) throw new AppError('mail-not-configured');
        },
        request: done,
        notify: done,
      }),
      journal.fake<AuthorityService>('authority', { lock: answers({}) }),
      journal.fake<ReauthenticationService>('reauthentication', { require }),
      journal.audit(),
    );
    return { journal, service };
  }

  it('R93 R95 asks for a code to the new address and tells the old one, in one transaction of the locked caller', async () => {
    const { journal, service } = serviceOf();
    await service.request(aUser(), NEW.toUpperCase(), 'her password');
    expect(journal.acts).toEqual([
      'outbox.assertOpen',
      'reauthentication.require',
      'BEGIN',
      'tx authority.lock',
      'tx outbox.request',
      'tx outbox.notify',
      'tx audit auth.email.change-requested',
      'COMMIT',
    ]);
    expect(journal.given('outbox.request')).toEqual([
      ['email-change', { userId: 'ada', address: NEW }, { facts: { session_id: 'her-session' } }],
    ]);
    expect(journal.given('outbox.notify')).toEqual([
      ['email-change-requested', { userId: 'ada', address: OLD }],
    ]);
  });

  it('spares no session later for a caller without one', async () => {
    const { journal, service } = serviceOf();
    await service.request(aUser({}, { sessionId: undefined }), NEW, undefined);
    expect(journal.given('outbox.request')[0]?.[2]).toEqual({ facts: {} });
  });

  it('R84 asks for proof first: without it nothing is asked for', async () => {
    const { journal, service } = serviceOf({ require: refuses('reauthentication-required') });
    expect((await refusalOf(service.request(aUser(), NEW, undefined))).code).toBe(
      'reauthentication-required',
    );
    expect(journal.acts).toEqual(['outbox.assertOpen', 'reauthentication.require']);
  });

  it('does nothing about the address that the user has', async () => {
    const { journal, service } = serviceOf();
    await service.request(aUser(), ` ${OLD.toUpperCase()}`, undefined);
    expect(journal.acts).toEqual(['outbox.assertOpen', 'reauthentication.require']);
  });

  it('refuses without a mail server, and writes nothing', async () => {
    const { journal, service } = serviceOf({ isOpen: false });
    expect((await refusalOf(service.request(aUser(), NEW, undefined))).code).toBe('mail-not-configured');
    expect(journal.acts).toEqual(['outbox.assertOpen']);
  });
});
