import { answers, Journal, type Plan } from '../../test/support/unit/journal';
import { onBehalfOf, type RequestScope } from '../common/request-scope';
import { SessionConfig } from '../config/session.config';
import { RefreshTokens } from './refresh-tokens';
import type { SessionOpeningsRepository } from './session-openings.repository';
import type { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';

const AT = new Date('2026-05-01T10:00:00.000Z');
/** An event of a room that opens sessions. */
const LOGGED_IN = { type: 'signed in', outcome: 'success', isByUser: true, mayBeMissed: false } as const;
const AWAY = () => Promise.reject(new Error('the database is away'));
const BY_PASSWORD = { userId: 'ada', credentialsVersion: 3, methods: ['pwd'] };
const TOKENS = new RefreshTokens(
  new SessionConfig({
    graceSeconds: 10,
    refreshTokenKeys: [Buffer.alloc(32)],
    idleDays: 7,
    maxDays: 30,
    cleanupIntervalSeconds: 60,
  }),
);

function serviceOf(plan: Plan<SessionsRepository> = {}, opening: Plan<SessionOpeningsRepository> = {}) {
  const journal = new Journal();
  const sessions = journal.fake<SessionsRepository>('sessions', plan);
  const openings = journal.fake<SessionOpeningsRepository>('openings', opening);
  const service = new SessionsService(journal.database(), openings, sessions, TOKENS, journal.audit());
  return { journal, service, logged: jest.spyOn(service['logger'], 'warn').mockReturnValue(undefined) };
}

describe('SessionsService', () => {
  it('opens a session with a new token of its own, and the origin of the request', async () => {
    const { journal, service } = serviceOf({}, { insert: answers({ authenticatedAt: AT }) });
    const origin = { userAgent: 'Firefox', ipAddress: '192.0.2.1' };
    const scope = { origin } as Partial<RequestScope> as RequestScope;
    const open = () => onBehalfOf(scope, () => service.open(BY_PASSWORD, journal.manager));
    const [one, other] = [await open(), await open()];
    expect(one).toEqual({
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userId: 'ada',
      refreshToken: expect.stringMatching(/^psr_/),
      tokenVersion: 0,
      authenticatedAt: AT,
      authMethods: ['pwd'],
      credentialsVersion: 3,
    });
    expect(other?.refreshToken).not.toBe(one?.refreshToken);
    // What is stored is the token that the user gets.
    const [[stored]] = journal.given('openings.insert') as [[object]];
    const { sessionId: id, refreshToken } = one ?? {};
    expect(stored).toMatchObject({ ...BY_PASSWORD, ...origin, id, token: { token: refreshToken } });
  });

  it('opens none, and records nothing, when the repository finds that the credentials have changed', async () => {
    const { journal, service } = serviceOf({}, { insert: answers(undefined) });
    expect(await service.open(BY_PASSWORD, journal.manager)).toBeUndefined();
    expect(journal.events).toEqual([]);
  });

  it('opens a session without an origin outside of requests', async () => {
    const { journal, service } = serviceOf({}, { insert: answers({ authenticatedAt: AT }) });
    await service.open(BY_PASSWORD, journal.manager);
    expect(journal.given('openings.insert')[0]?.[0]).toMatchObject({ userAgent: null, ipAddress: null });
  });

  describe('in one statement with its event', () => {
    const opened = { authenticatedAt: AT, isCrowded: false, hasOld: false };
    const open = (service: SessionsService) =>
      service.openRecorded(BY_PASSWORD, LOGGED_IN, ({ userId, sessionId }) => ({
        user_id: userId,
        session_id: sessionId,
      }));

    it('opens a session, and does nothing else where there are few', async () => {
      const { journal, service } = serviceOf({}, { insertRecorded: answers(opened) });
      const session = await open(service);
      expect(journal.acts).toEqual(['openings.insertRecorded', `with audit ${LOGGED_IN.type}`]);
      expect(journal.events).toEqual([
        { type: LOGGED_IN.type, user_id: 'ada', session_id: session?.sessionId },
      ]);
    });

    it('opens and records none when the credentials have changed', async () => {
      const { journal, service } = serviceOf({}, { insertRecorded: answers(undefined) });
      expect(await open(service)).toBeUndefined();
      expect(journal.events).toEqual([]);
    });

    it('R79 ends surplus sessions, and deletes old ones', async () => {
      const { journal, service } = serviceOf(
        {},
        {
          insertRecorded: answers({ ...opened, isCrowded: true, hasOld: true }),
          updateOneSurplusEnded: answers({ found: 1, ended: 1, hasOld: true }),
          deleteOld: answers(undefined),
        },
      );
      await open(service);
      expect(journal.acts.slice(2)).toEqual([
        'openings.updateOneSurplusEnded',
        'with audit auth.sessions.ended',
        'openings.deleteOld',
      ]);
    });

    it('lets the session stand when old ones cannot be deleted', async () => {
      const { service, logged } = serviceOf(
        {},
        { insertRecorded: answers({ ...opened, hasOld: true }), deleteOld: AWAY },
      );
      await expect(open(service)).resolves.toBeDefined();
      expect(logged).toHaveBeenCalledTimes(1);
    });
  });

  it('R79 ends one surplus session in one statement with its event', async () => {
    const one = { found: 1, ended: 1, hasOld: false };
    const { journal, service } = serviceOf({}, { updateOneSurplusEnded: answers(one) });
    await service.endSurplus('ada');
    expect(journal.acts).toEqual(['openings.updateOneSurplusEnded', 'with audit auth.sessions.ended']);
    expect(journal.events).toEqual([
      { type: 'auth.sessions.ended', user_id: 'ada', reason: 'too-many-sessions', count: 1 },
    ]);
  });

  it('R79 ends several in a transaction with one event', async () => {
    const { journal, service } = serviceOf(
      {},
      {
        updateOneSurplusEnded: answers({ found: 2, ended: 0, hasOld: false }),
        updateSurplusEnded: answers(2),
      },
    );
    await service.endSurplus('ada');
    expect(journal.acts).toEqual([
      'openings.updateOneSurplusEnded',
      'BEGIN',
      'tx openings.updateSurplusEnded',
      'tx audit auth.sessions.ended',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ count: 2 }]);
  });

  it('R79 records and deletes nothing where no session is too many', async () => {
    const none = { found: 0, ended: 0, hasOld: false };
    const { journal, service } = serviceOf({}, { updateOneSurplusEnded: answers(none) });
    await service.endSurplus('ada');
    expect(journal.acts).toEqual(['openings.updateOneSurplusEnded']);
    expect(journal.events).toEqual([]);
  });

  it('lets a sign-in stand when surplus sessions cannot be ended, and says so in the log', async () => {
    const { service, logged } = serviceOf({}, { updateOneSurplusEnded: AWAY });
    await expect(service.endSurplus('ada')).resolves.toBeUndefined();
    expect(logged).toHaveBeenCalledTimes(1);
  });

  it('R84 gives a renewed session another first token, and the methods of the new authentication', async () => {
    const renewed = { userId: 'ada', authenticatedAt: AT, tokenVersion: 5, credentialsVersion: 4 };
    const { journal, service } = serviceOf({ updateTokens: answers(renewed) });
    const session = await service.renew('s', ['pwd', 'otp'], journal.manager);
    expect(session).toMatchObject({ ...renewed, sessionId: 's', authMethods: ['pwd', 'otp'] });
    expect(journal.given('sessions.updateTokens')[0]?.[1]).toMatchObject({
      token: { token: session?.refreshToken, generation: 0 },
    });
  });

  it('renews no session that has ended', async () => {
    const { journal, service } = serviceOf({ updateTokens: answers(undefined) });
    expect(await service.renew('s', ['pwd'], journal.manager)).toBeUndefined();
  });

  it('ends one session and records it in a transaction of its own', async () => {
    const { journal, service } = serviceOf({ updateEnded: answers(true) });
    expect(await service.end({ sessionId: 's', userId: 'ada' }, 'logout')).toBe(true);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx sessions.updateEnded',
      'tx audit auth.sessions.ended',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ user_id: 'ada', session_id: 's', reason: 'logout', count: 1 }]);
  });

  it('ends one session in the transaction of the caller, if there is one', async () => {
    const { journal, service } = serviceOf({ updateEnded: answers(true) });
    await service.end({ sessionId: 's', userId: 'ada' }, 'ended-by-admin', journal.manager);
    expect(journal.acts).toEqual(['sessions.updateEnded', 'audit auth.sessions.ended']);
  });

  it('R61 records an end once: of a session that had ended, or has other tokens by now, there is none', async () => {
    const { journal, service } = serviceOf({ updateEnded: answers(false) });
    const owner = { sessionId: 's', userId: 'ada', tokenVersion: 2 };
    expect(await service.end(owner, 'logout')).toBe(false);
    expect(journal.given('sessions.updateEnded')[0]?.[0]).toEqual(owner);
    expect(journal.events).toEqual([]);
  });

  it.each([
    [3, [{ type: 'auth.sessions.ended', user_id: 'ada', reason: 'password-changed', count: 3 }]],
    [0, []],
  ])('R20 records one event for the end of %i sessions', async (count, events) => {
    const { journal, service } = serviceOf({ updateAllEnded: answers(count) });
    await service.endAll('ada', 'kept', 'password-changed', journal.manager);
    expect(journal.given('sessions.updateAllEnded')).toEqual([['ada', 'kept', 'password-changed']]);
    expect(journal.events).toEqual(events);
  });
});
