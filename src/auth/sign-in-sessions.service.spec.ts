import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal } from '../../test/support/unit/journal';
import type { SessionsService } from '../sessions/sessions.service';
import type { SignInMails } from './sign-in-mails.service';
import { SignInSessions } from './sign-in-sessions.service';

const AUTHENTICATION = { userId: 'ada', credentialsVersion: 3, methods: ['pwd'] };
const OPENED = { sessionId: 's', userId: 'ada' };

function serviceOf(given: { opened?: undefined; mayBeNew?: boolean } = {}) {
  const { opened, mayBeNew } = { opened: OPENED, mayBeNew: false, ...given };
  const journal = new Journal();
  const facts: object[] = [];
  const service = new SignInSessions(
    journal.database(),
    journal.fake<SessionsService>('sessions', {
      open: answers(opened),
      openRecorded: (_authentication, _event, factsOf) => {
        facts.push(factsOf(OPENED));
        return Promise.resolve(opened);
      },
      endSurplus: done,
    }),
    journal.fake<SignInMails>('mails', { mayBeNewDevice: answers(mayBeNew), tellOfNewDevice: done }),
    journal.audit(),
  );
  return { journal, service, facts };
}

describe('SignInSessions', () => {
  it('opens and records in one statement where there is nobody to tell', async () => {
    const { journal, service, facts } = serviceOf();
    expect(await service.open(AUTHENTICATION, anIdentity())).toEqual(OPENED);
    expect(journal.acts).toEqual(['mails.mayBeNewDevice', 'sessions.openRecorded']);
    expect(facts).toEqual([{ user_id: 'ada', session_id: 's' }]);
  });

  it('R95 writes session, event and notice of a new device in one transaction; surplus sessions end after it', async () => {
    const { journal, service } = serviceOf({ mayBeNew: true });
    await service.open(AUTHENTICATION, anIdentity());
    expect(journal.acts).toEqual([
      'mails.mayBeNewDevice',
      'BEGIN',
      'tx sessions.open',
      'tx audit auth.login.succeeded',
      'tx mails.tellOfNewDevice',
      'COMMIT',
      'sessions.endSurplus',
    ]);
    expect(journal.events).toEqual([{ type: 'auth.login.succeeded', user_id: 'ada', session_id: 's' }]);
  });

  it('names a sign-in of development as one, and tells nobody of it', async () => {
    const { journal, service, facts } = serviceOf({ mayBeNew: true });
    await service.open(AUTHENTICATION);
    expect(journal.acts).toEqual(['sessions.openRecorded']);
    expect(facts).toMatchObject([{ method: 'development' }]);
  });

  it.each([true, false])(
    'tells and ends nothing when the credentials have changed since the check (new device: %s)',
    async (mayBeNew) => {
      const { journal, service } = serviceOf({ opened: undefined, mayBeNew });
      expect(await service.open(AUTHENTICATION, anIdentity())).toBeUndefined();
      expect(journal.events).toEqual([]);
      expect(journal.acts).not.toContain('tx mails.tellOfNewDevice');
      expect(journal.acts).not.toContain('sessions.endSurplus');
    },
  );
});
