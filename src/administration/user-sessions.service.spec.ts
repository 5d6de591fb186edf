import { aLockedUser, anAdmin, aService, authorityOf } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import type { Outbox } from '../mail/outbox.service';
import type { SessionsService } from '../sessions/sessions.service';
import type { AuthorityService } from '../users/authority.service';
import type { LockedUser, TokensNotBefore } from '../users/users.repository';
import type { UsersService } from '../users/users.service';
import { UserSessionsService } from './user-sessions.service';

/** The waits of the service pass by the clock of the test. */
jest.mock('node:timers/promises', () => ({
  setTimeout: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
}));

const ROOT = anAdmin();
const WHOLE_SECOND = new Date('2026-05-01T10:00:00.000Z');

interface Given {
  target?: LockedUser | undefined;
  ended?: boolean;
  moved?: TokensNotBefore;
}

function serviceOf(given: Given = {}) {
  const { target, ended, moved } = {
    target: aLockedUser(),
    ended: true,
    moved: { notBefore: WHOLE_SECOND, hasIdentities: false },
    ...given,
  };
  const journal = new Journal();
  const service = new UserSessionsService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: answers(authorityOf(ROOT, ...(target ? [target] : []))),
    }),
    journal.fake<SessionsService>('sessions', { list: answers([]), end: answers(ended), endAll: done }),
    journal.fake<UsersService>('users', { endTokensOfBefore: answers(moved) }),
    journal.fake<Outbox>('outbox', { notify: done }),
  );
  return { journal, service };
}

describe('UserSessionsService', () => {
  it('R21 ends one session and tells the user, in one transaction', async () => {
    const { journal, service } = serviceOf();
    await service.endOne(ROOT, 'ada', 's');
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx sessions.end',
      'tx outbox.notify',
      'COMMIT',
    ]);
    expect(journal.given('sessions.end')).toEqual([[{ sessionId: 's', userId: 'ada' }, 'ended-by-admin']]);
  });

  it('R93 tells nobody of a session that was none: nothing has happened', async () => {
    const { journal, service } = serviceOf({ ended: false });
    expect((await refusalOf(service.endOne(ROOT, 'ada', 's'))).code).toBe('not-found');
    expect(journal.acts).not.toContain('tx outbox.notify');
  });

  it('R76 ends all sessions and all tokens of before, and tells the user, in one transaction', async () => {
    const { journal, service } = serviceOf();
    await service.endAll(ROOT, 'ada');
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx outbox.notify',
      'tx sessions.endAll',
      'tx users.endTokensOfBefore',
      'COMMIT',
    ]);
  });

  describe('for a user of a provider', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it('R76 answers in the next second: tokens of providers tell their issue in whole ones', async () => {
      const notBefore = new Date(WHOLE_SECOND.getTime() + 400);
      const { journal, service } = serviceOf({ moved: { notBefore, hasIdentities: true } });
      let isAnswered = false;
      const answer = service.endAll(ROOT, 'ada').then(() => (isAnswered = true));
      await jest.advanceTimersByTimeAsync(599);
      expect(journal.acts.at(-1)).toBe('COMMIT'); // no lock is held meanwhile
      expect(isAnswered).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      await answer;
    });
  });

  it.each(['endAll', 'endOne'] as const)(
    'R56 lets no service end sessions of an administrator: %s',
    async (act) => {
      const { journal, service } = serviceOf({ target: aLockedUser({ role: 'admin' }) });
      const refusal = await refusalOf(service[act](aService('users:write'), 'ada', 's'));
      expect(refusal.code).toBe('forbidden');
      expect(journal.acts).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
      await expect(serviceOf().service[act](aService('users:write'), 'ada', 's')).resolves.toBeUndefined();
    },
  );

  it.each(['list', 'endAll', 'endOne'] as const)('refuses an id that nobody has: %s', async (act) => {
    const { journal, service } = serviceOf({ target: undefined });
    expect((await refusalOf(service[act](ROOT, 'ada', 's'))).code).toBe('not-found');
    expect(journal.acts).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
  });
});
