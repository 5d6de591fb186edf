import { answers, Journal, refusalOf, type Plan } from '../../test/support/unit/journal';
import type { RequestOrigin } from '../common/request-origin';
import { SessionConfig } from '../config/session.config';
import { RefreshExchangeService } from './refresh-exchange.service';
import { nextPlace, RefreshTokens, type ParsedToken } from './refresh-tokens';
import type { RefreshTokensRepository, TokenSession } from './refresh-tokens.repository';
import type { SessionsRepository } from './sessions.repository';

const [TODAY, BEFORE, FOREIGN] = ['today', 'before', 'foreign'].map((word) =>
  Buffer.from(word.padEnd(32, '.')),
) as [Buffer, Buffer, Buffer];
const FIREFOX: RequestOrigin = { userAgent: 'Firefox', ipAddress: '192.0.2.1' };
const ROTATED = { sessionId: 's', userId: 'ada', tokenVersion: 2 };
const WHOSE = { user_id: 'ada', session_id: 's' };

function tokensUnder(...refreshTokenKeys: Buffer[]): RefreshTokens {
  return new RefreshTokens(
    new SessionConfig({
      graceSeconds: 10,
      refreshTokenKeys,
      idleDays: 7,
      maxDays: 30,
      cleanupIntervalSeconds: 60,
    }),
  );
}

const tokens = tokensUnder(TODAY, BEFORE);
const parent = tokens.first();
const salt = tokens.salt();
const child = tokens.parse(tokens.child(parent, nextPlace(parent), salt).token) as ParsedToken;
const grandchild = tokens.parse(tokens.child(child, nextPlace(child), salt).token) as ParsedToken;

/** What is stored of the session after the parent was exchanged for the child. */
const sessionAfter = (facts: Partial<TokenSession> = {}): TokenSession => ({
  ...ROTATED,
  currentTokenHash: child.hash,
  place: child,
  salt,
  userAgent: 'Firefox',
  namesUserAgent: true,
  isActive: true,
  isRetriable: false,
  isNoted: false,
  ...facts,
});

type Exchanges = Plan<RefreshTokensRepository>;

function serviceOf(exchanges: Exchanges, { ended = true, known = tokens } = {}) {
  const journal = new Journal();
  const service = new RefreshExchangeService(
    journal.database(),
    journal.fake<RefreshTokensRepository>('exchanges', exchanges),
    journal.fake<SessionsRepository>('sessions', { updateEnded: answers(ended) }),
    known,
    journal.audit(),
  );
  return { journal, service };
}

/** The session of a token that was not exchanged yet. */
const newestOf = (token: ParsedToken) => sessionAfter({ currentTokenHash: token.hash, place: token });
const newest = (token: ParsedToken): Exchanges => ({
  updateRotated: answers(ROTATED),
  find: answers(newestOf(token)),
});

/** Of a token that is not the newest one of its session. */
const notNewest = (found: TokenSession | undefined): Exchanges => ({
  updateRotated: answers(undefined),
  find: answers(found),
});
const END_BY_REUSE = ['BEGIN', 'tx sessions.updateEnded', 'tx audit auth.refresh.reused', 'COMMIT'];

describe('RefreshExchangeService.refresh', () => {
  it('R22 R24 exchanges the newest token for its child in one statement with its event', async () => {
    const { journal, service } = serviceOf(newest(parent));
    const session = await service.refresh(parent.token, FIREFOX);
    expect(session).toMatchObject(ROTATED);
    expect(journal.acts).toEqual(['exchanges.find', 'exchanges.updateRotated', 'with audit auth.refreshed']);
    const [[exchange]] = journal.given('exchanges.updateRotated') as [[{ salt: Buffer }]];
    expect(exchange).toMatchObject({
      owner: { sessionId: 's', userId: 'ada' },
      parent,
      child: { token: session?.refreshToken },
      place: { family: parent.family, generation: 1 },
      userAgent: 'Firefox',
      provesItself: true,
    });
    // The child is the one that a retry can be given: made of key, parent and the stored salt.
    expect(session?.refreshToken).toBe(tokens.child(parent, nextPlace(parent), exchange.salt).token);
  });

  it('exchanges the next token of a session that it knows without a read', async () => {
    const { journal, service } = serviceOf(newest(parent));
    const session = await service.refresh(parent.token, FIREFOX);
    journal.acts.splice(0);
    expect(await service.refresh(session!.refreshToken, FIREFOX)).toMatchObject(ROTATED);
    expect(journal.acts).toEqual(['exchanges.updateRotated', 'with audit auth.refreshed']);
  });

  it('R23 reads a session that it knows when its token is not the newest: it may be used again', async () => {
    const rotations: (typeof ROTATED | undefined)[] = [ROTATED, undefined];
    const found = [newestOf(parent), sessionAfter()];
    const { journal, service } = serviceOf({
      updateRotated: () => Promise.resolve(rotations.shift()),
      find: () => Promise.resolve(found.shift()),
    });
    await service.refresh(parent.token, FIREFOX);
    expect(await service.refresh(parent.token, FIREFOX)).toBeUndefined();
    expect(journal.acts.slice(-4)).toEqual(END_BY_REUSE);
  });

  it('begins what is done beside with the exchange, not for a token that cannot be exchanged', async () => {
    const begun: unknown[] = [];
    const beside = (owner: unknown) => void begun.push(owner);
    await serviceOf(newest(parent)).service.refresh(parent.token, FIREFOX, beside);
    expect(begun).toEqual([{ sessionId: 's', userId: 'ada' }]);
    await serviceOf(notNewest(sessionAfter())).service.refresh(parent.token, FIREFOX, beside);
    expect(begun).toHaveLength(1);
  });

  it('R77 derives each child anew: of a random salt', async () => {
    const { service } = serviceOf(newest(parent));
    const [one, other] = [
      await service.refresh(parent.token, FIREFOX),
      await service.refresh(parent.token, FIREFOX),
    ];
    expect(one?.refreshToken).not.toBe(other?.refreshToken);
  });

  it('refuses what is no token of ours without asking the database', async () => {
    const { journal, service } = serviceOf({});
    expect(await service.refresh('psr_short', FIREFOX)).toBeUndefined();
    expect(journal.acts).toEqual(['audit auth.refresh.refused']);
  });

  it('refuses an unknown token, and ends nothing', async () => {
    const { journal, service } = serviceOf(notNewest(undefined));
    expect(await service.refresh(parent.token, FIREFOX)).toBeUndefined();
    expect(journal.events).toEqual([{ type: 'auth.refresh.refused' }]);
    expect(journal.acts).not.toContain('tx sessions.updateEnded');
  });

  it('R24 R78 answers a retry with the very same child, as an event of its own', async () => {
    const { journal, service } = serviceOf(notNewest(sessionAfter({ isRetriable: true })));
    expect(await service.refresh(parent.token, FIREFOX)).toEqual({
      ...ROTATED,
      refreshToken: child.token,
    });
    expect(journal.events).toEqual([{ type: 'auth.refresh.retried', ...WHOSE }]);
  });

  it('answers a retry that was derived with the previous key', async () => {
    const before = tokensUnder(BEFORE);
    const made = before.child(parent, nextPlace(parent), salt);
    const { service } = serviceOf(
      notNewest(sessionAfter({ isRetriable: true, currentTokenHash: made.hash })),
    );
    expect(await service.refresh(parent.token, FIREFOX)).toMatchObject({ refreshToken: made.token });
  });

  it('refuses a retry whose key this process does not have as an outage, and lets the session live', async () => {
    const { journal, service } = serviceOf(notNewest(sessionAfter({ isRetriable: true })), {
      known: tokensUnder(FOREIGN),
    });
    expect(await refusalOf(service.refresh(parent.token, FIREFOX))).toMatchObject({
      code: 'service-unavailable',
    });
    expect(journal.events).toEqual([]);
    expect(journal.acts).not.toContain('tx sessions.updateEnded');
  });

  it('R78 ends the session on a retry by another user agent', async () => {
    const { journal, service } = serviceOf(notNewest(sessionAfter({ isRetriable: true })));
    expect(await service.refresh(parent.token, { ...FIREFOX, userAgent: 'curl' })).toBeUndefined();
    expect(journal.acts.slice(-4)).toEqual(END_BY_REUSE);
    expect(journal.events).toEqual([{ type: 'auth.refresh.reused', ...WHOSE }]);
  });

  it.each([
    ['only refuses', true, 'auth.refresh.refused'],
    ['ends the session on', false, 'auth.refresh.reused'],
  ])(
    'R78 %s a retry without a user agent when the sign-in named one: %s',
    async (_act, namesUserAgent, type) => {
      const { journal, service } = serviceOf(
        notNewest(sessionAfter({ isRetriable: true, namesUserAgent, userAgent: 'Firefox' })),
      );
      expect(await service.refresh(parent.token, { ...FIREFOX, userAgent: null })).toBeUndefined();
      expect(journal.events).toEqual([{ type, ...WHOSE }]);
    },
  );

  it('P18 refuses a retry of a user who is switched off, and gives no child', async () => {
    const { journal, service } = serviceOf(notNewest(sessionAfter({ isRetriable: true, isActive: false })));
    expect(await service.refresh(parent.token, FIREFOX)).toBeUndefined();
    expect(journal.events).toEqual([{ type: 'auth.refresh.refused', ...WHOSE }]);
  });

  it.each([
    ['by its generation', sessionAfter({ currentTokenHash: grandchild.hash, place: grandchild })],
    ['by the row of it', sessionAfter({ place: undefined, isNoted: true })],
  ])('R23 ends the session of a token that was exchanged before: %s', async (_how, found) => {
    const { journal, service } = serviceOf(notNewest(found));
    expect(await service.refresh(parent.token, FIREFOX)).toBeUndefined();
    expect(journal.acts.slice(-4)).toEqual(END_BY_REUSE);
    expect(journal.given('sessions.updateEnded')).toEqual([[found, 'refresh-token-reuse']]);
  });

  it('records no reuse where the session has other tokens by now: the token is not of that session any more', async () => {
    const found = sessionAfter({ currentTokenHash: grandchild.hash, place: grandchild });
    const { journal, service } = serviceOf(notNewest(found), { ended: false });
    expect(await service.refresh(parent.token, FIREFOX)).toBeUndefined();
    expect(journal.events).toEqual([{ type: 'auth.refresh.refused', ...WHOSE }]);
  });

  it('refuses a token of the family that was never given out, and ends nothing', async () => {
    // Its generation is ahead of the session's.
    const { journal, service } = serviceOf(notNewest(sessionAfter()));
    expect(await service.refresh(grandchild.token, FIREFOX)).toBeUndefined();
    expect(journal.acts).not.toContain('tx sessions.updateEnded');
  });

  it('exchanges the newest token of a session of version 1.0.0 within the family of its session', async () => {
    const old = tokens.first();
    const { journal, service } = serviceOf({
      updateRotated: answers(ROTATED),
      find: answers(sessionAfter({ currentTokenHash: old.hash })),
    });
    expect(await service.refresh(old.token, FIREFOX)).toMatchObject(ROTATED);
    expect(journal.given('exchanges.updateRotated')[0]?.[0]).toMatchObject({
      place: { family: child.family, generation: child.generation + 1 },
      provesItself: false, // its own family does not say so
    });
  });

  it('R24 answers the child of the other request when that was first to exchange such a token', async () => {
    const old = tokens.first();
    const made = tokens.parse(tokens.child(old, nextPlace(child), salt).token) as ParsedToken;
    const found = [
      sessionAfter({ currentTokenHash: old.hash }),
      sessionAfter({ currentTokenHash: made.hash, place: made, isNoted: true, isRetriable: true }),
    ];
    const { service } = serviceOf({
      updateRotated: answers(undefined),
      find: () => Promise.resolve(found.shift()),
    });
    expect(await service.refresh(old.token, FIREFOX)).toMatchObject({ refreshToken: made.token });
  });
});

describe('RefreshExchangeService.endByToken', () => {
  it.each([
    ['the newest token', child, sessionAfter()],
    ['an exchanged one', parent, sessionAfter()],
    ['one that a row tells of', parent, sessionAfter({ place: undefined, isNoted: true })],
  ])('R25 ends the session by %s, and records it', async (_which, token, found) => {
    const { journal, service } = serviceOf({ find: answers(found) });
    await service.endByToken(token.token, 'logout');
    expect(journal.acts.slice(1)).toEqual([
      'BEGIN',
      'tx sessions.updateEnded',
      'tx audit auth.sessions.ended',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ ...WHOSE, reason: 'logout', count: 1 }]);
  });

  it.each([
    ['an unknown one', parent, undefined],
    ['one that was not given out yet', grandchild, sessionAfter()],
  ])('R25 ends nothing by %s', async (_which, token, found) => {
    const { journal, service } = serviceOf({ find: answers(found) });
    await service.endByToken(token.token, 'logout');
    expect(journal.acts).toEqual(['exchanges.find']);
  });

  it('records no second end', async () => {
    const { journal, service } = serviceOf({ find: answers(sessionAfter()) }, { ended: false });
    await service.endByToken(child.token, 'logout');
    expect(journal.events).toEqual([]);
  });
});

describe('RefreshExchangeService.findCurrent', () => {
  it('only looks: nothing is recorded, and no use counts', async () => {
    const { journal, service } = serviceOf({ findCurrent: answers({ sessionId: 's' }) });
    expect(await service.findCurrent(child.token)).toEqual({ sessionId: 's' });
    expect(await service.findCurrent('psr_')).toBeUndefined();
    expect(journal.acts).toEqual(['exchanges.findCurrent']);
  });
});
