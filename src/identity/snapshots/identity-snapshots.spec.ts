import type { Change } from '../../changes/change';
import type { ChangeFeed, ChangeListener } from '../../changes/change-feed';
import type { DatabaseConfig } from '../../config/database.config';
import type { IdentityContext } from '../../security/identity-context';
import { toUserContextResponse } from '../dto/user-context-response.dto';
import { IdentitySnapshots } from './identity-snapshots';
import { toUserAnswer } from './user-answer';

const NOW = 1_000_000;

class Feed {
  isCurrent = true;
  databaseTime = NOW;
  tell: ChangeListener = () => undefined;
  subscribe(listener: ChangeListener): void {
    this.tell = listener;
  }
}

function identity(id: string, teams = 2): IdentityContext {
  const domains = Array.from({ length: teams }, (_each, at) => ({
    id: `d${at}`,
    key: `key-${at}`,
    name: `Domain ${at}`,
    parentDomainId: null,
    isActive: true,
  }));
  return {
    id,
    email: `${id}@example.com`,
    emailVerified: true,
    name: 'Zoë "Ada" 艾',
    avatarUrl: null,
    createdAt: new Date(0),
    isActive: true,
    role: 'user',
    teams: Array.from({ length: teams }, (_each, at) => ({
      id: `t${at}`,
      name: `Team ${at}`,
      externalRef: null,
      isActive: true,
      role: null,
    })),
    domains,
    effectiveDomains: domains.map(({ id: domainId, key }) => ({ id: domainId, key })),
  };
}

describe('IdentitySnapshots', () => {
  let feed: Feed;
  let snapshots: IdentitySnapshots;

  function open(identityCacheMb = 1): void {
    feed = new Feed();
    snapshots = new IdentitySnapshots({ identityCacheMb } as DatabaseConfig, feed as unknown as ChangeFeed);
  }
  beforeEach(() => open());

  const limits = (userId: string, sessionId: string) => ({
    userId,
    sessionId,
    validFrom: NOW - 10,
    validUntil: NOW + 10,
    sessionEndsAt: NOW + 5,
  });

  function remember(
    token: string,
    userId = 'u',
    sessionId = 's',
    between: () => void = () => undefined,
  ): void {
    const fill = snapshots.begin(userId, sessionId);
    between();
    if (fill)
      snapshots.keep(fill, token, limits(userId, sessionId), toUserAnswer(identity(userId), 'local-jwt'));
    snapshots.drop(fill);
  }
  const isKnown = (token: string, now = NOW) => snapshots.find(token, now) !== undefined;

  it('answers the very JSON that is made of the user', () => {
    for (const teams of [0, 1, 3]) {
      const answer = toUserAnswer(identity('u', teams), 'local-jwt');
      expect(answer.json).toBe(JSON.stringify(toUserContextResponse(identity('u', teams))));
    }
  });

  it('knows exactly the token that was found valid', () => {
    remember('token');
    expect(snapshots.find('token', NOW)?.json).toBe(toUserAnswer(identity('u'), 'local-jwt').json);
    expect([isKnown('toke'), isKnown('token2'), isKnown('')]).toEqual([false, false, false]);
  });

  it('R8: counts the times of the token by the clock of the process, and those of the session by the database’s', () => {
    remember('token');
    expect([isKnown('token', NOW - 11), isKnown('token', NOW - 10), isKnown('token', NOW + 10)]).toEqual([
      false,
      true,
      false,
    ]);
    feed.databaseTime = NOW + 5;
    expect(isKnown('token')).toBe(false);
    feed.databaseTime = NOW + 4;
    expect(isKnown('token')).toBe(true);
  });

  it('R18: knows nothing while the feed is not current, and keeps nothing that began or ended then', () => {
    remember('token');
    feed.isCurrent = false;
    expect(isKnown('token')).toBe(false);
    expect(snapshots.begin('u', 's')).toBeUndefined();
    feed.isCurrent = true;
    expect(isKnown('token')).toBe(true);
    remember('other', 'u', 's', () => (feed.isCurrent = false));
    feed.isCurrent = true;
    expect(isKnown('other')).toBe(false);
  });

  const CHANGES: [string, Change, boolean][] = [
    ['the user', { kind: 'user-changed', userId: 'u' }, false],
    ['the end of the user', { kind: 'user-ended', userId: 'u', notBefore: null }, false],
    ['the session', { kind: 'session-ended', sessionId: 's' }, false],
    ['everything', { kind: 'all-changed' }, false],
    ['what nobody knows', { kind: 'reset' }, false],
    ['another user', { kind: 'user-changed', userId: 'v' }, true],
    ['another session', { kind: 'session-ended', sessionId: 'u' }, true],
  ];

  it.each(CHANGES)('R18: forgets with a change of %s', (_what, change, stays) => {
    remember('first');
    remember('second');
    feed.tell(change);
    expect([isKnown('first'), isKnown('second')]).toEqual([stays, stays]);
  });

  it.each(CHANGES)('R18: a change of %s between reading and keeping wins', (_what, change, stays) => {
    remember('token', 'u', 's', () => feed.tell(change));
    expect(isKnown('token')).toBe(stays);
  });

  it('stays within its bytes, and lets the least recently used go', () => {
    remember('first');
    for (let at = 0; at < 5000; at++) {
      remember(`token ${at}`, `user ${at}`, `session ${at}`);
      expect(isKnown('first')).toBe(true);
    }
    expect(snapshots.bytes).toBeLessThanOrEqual(1024 * 1024);
    expect(snapshots.bytes).toBeGreaterThan(900_000);
    expect([isKnown('token 0'), isKnown('token 4999')]).toEqual([false, true]);
    feed.tell({ kind: 'all-changed' });
    expect(snapshots.bytes).toBe(0);
  });

  it('counts what several share once, and frees it with the last', () => {
    remember('a', 'u', 's');
    const one = snapshots.bytes;
    remember('b', 'u', 's2');
    expect(snapshots.bytes - one).toBeLessThan(one);
    feed.tell({ kind: 'session-ended', sessionId: 's' });
    expect(isKnown('b')).toBe(true);
    feed.tell({ kind: 'user-changed', userId: 'u' });
    expect(snapshots.bytes).toBe(0);
  });

  it('remembers nothing when it has no memory', () => {
    open(0);
    remember('token');
    expect(isKnown('token')).toBe(false);
  });
});
