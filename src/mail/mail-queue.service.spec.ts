import type { EntityManager } from 'typeorm';
import { answers, done, Journal, type Plan } from '../../test/support/unit/journal';
import { aDueMail } from '../../test/support/unit/mails';
import type { MailPreparation } from './mail-preparation.service';
import { MailQueue } from './mail-queue.service';
import { MailFault } from './mail-transport';
import type { DueMail, MailsRepository } from './mails.repository';

const TRANSIENT = new MailFault('the server is busy', false, false);
const FINAL = new MailFault('there is no such address', true, false);

interface Given {
  isLeader?: boolean;
  due?: DueMail[];
  /** Ids of those that go. */
  good?: string[];
  mails?: Plan<MailsRepository>;
}

function queueOf({ isLeader = true, due = [], good = [], mails = {} }: Given = {}) {
  const journal = new Journal({ query: answers([{ taken: isLeader }]) as EntityManager['query'] });
  const queue = new MailQueue(
    journal.database(),
    journal.fake<MailsRepository>('mails', {
      lockDue: answers(due),
      claim: (ids) => Promise.resolve(due.filter(({ id }) => ids.includes(id))),
      updateSent: done,
      updateDeferred: done,
      updateGivenUp: done,
      ...mails,
    }),
    journal.fake<MailPreparation>('preparation', {
      prepare: ({ id }) => Promise.resolve(good.includes(id)),
    }),
    journal.audit(),
  );
  return { journal, queue, warned: jest.spyOn(queue['logger'], 'warn').mockReturnValue(undefined) };
}

describe('MailQueue.claim', () => {
  const due = [aDueMail({ id: 'a' }), aDueMail({ id: 'b' })];

  it('R95 claims what is to go in one transaction, under the lock of all preparation', async () => {
    const { journal, queue } = queueOf({ due, good: ['b'] });
    expect(await queue.claim()).toEqual([due[1]]);
    expect(journal.acts).toEqual([
      'BEGIN',
      'manager.query',
      'tx mails.lockDue',
      'tx preparation.prepare',
      'tx preparation.prepare',
      'tx mails.claim',
      'COMMIT',
    ]);
  });

  it('R95 prepares nothing while another process does', async () => {
    const { journal, queue } = queueOf({ due, good: ['a', 'b'], isLeader: false });
    expect(await queue.claim()).toEqual([]);
    expect(journal.acts).toEqual(['BEGIN', 'manager.query', 'COMMIT']);
  });

  it('claims nothing where nothing goes', async () => {
    const { journal, queue } = queueOf({ due });
    expect(await queue.claim()).toEqual([]);
    expect(journal.acts).not.toContain('tx mails.claim');
  });
});

describe('MailQueue.failed', () => {
  beforeEach(() => void jest.spyOn(Math, 'random').mockReturnValue(0.5));
  afterEach(() => jest.restoreAllMocks());

  it.each([
    [1, 10],
    [2, 30],
    [3, 90],
    [7, 3_600],
    [40, 3_600],
  ])('R95 lets attempt no. %i wait for %i s', async (attempts, seconds) => {
    const { journal, queue } = queueOf();
    await queue.failed(aDueMail({ attempts }), TRANSIENT);
    expect(journal.given('mails.updateDeferred')).toEqual([
      [['m'], { seconds, error: 'the server is busy', untried: false }],
    ]);
    expect(journal.events).toEqual([]);
  });

  it.each<[string, Partial<DueMail>, MailFault]>([
    ['that the server refuses for good', {}, FINAL],
    ['that was tried for 24 hours', { isTooOld: true }, TRANSIENT],
  ])('R95 gives a mail up %s, and records it', async (_what, facts, fault) => {
    const { journal, queue } = queueOf();
    await queue.failed(aDueMail({ userId: 'ada', ...facts }), fault);
    expect(journal.acts).toEqual(['mails.updateGivenUp', 'audit mail.given-up']);
    expect(journal.events).toEqual([
      { type: 'mail.given-up', user_id: 'ada', mail_id: 'm', kind: 'password-reset', reason: fault.message },
    ]);
  });

  it('R62 logs no address, and of errors only those of this process', async () => {
    const { queue, warned } = queueOf();
    const cause = new Error('550 <ada@example.com>: no such user');
    await queue.failed(aDueMail(), new MailFault('refused', true, false, cause));
    await queue.failed(
      aDueMail(),
      new MailFault('could not be made', false, false, new Error('a bug'), true),
    );
    const [ofServer, ofUs] = warned.mock.calls.map(([line]) => line as { err?: unknown });
    expect(JSON.stringify(ofServer)).not.toContain('ada@example.com');
    expect(ofServer).not.toHaveProperty('err');
    expect(ofUs).toMatchObject({ err: new Error('a bug') });
  });
});

describe('MailQueue: what was sent or not tried', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('R95 writes down again what was sent while the database is away: otherwise it goes twice', async () => {
    let attempts = 0;
    const updateSent = () => (++attempts < 3 ? Promise.reject(new Error('away')) : Promise.resolve());
    const { queue } = queueOf({ mails: { updateSent } });
    const sent = queue.sent(aDueMail());
    await jest.advanceTimersByTimeAsync(2_000);
    await sent;
    expect(attempts).toBe(3);
  });

  it('gives up after five attempts to write it down: the claim ends by itself', async () => {
    const { journal, queue } = queueOf({ mails: { updateSent: () => Promise.reject(new Error('away')) } });
    const sent = queue.sent(aDueMail()).catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await sent).toBe('away');
    expect(journal.given('mails.updateSent')).toHaveLength(5);
  });

  it.each<[string, MailFault | undefined, object]>([
    ['at once at a stop', undefined, { seconds: 0, error: 'not tried yet', untried: true }],
    [
      'in 10 s when the server is away',
      TRANSIENT,
      { seconds: 10, error: 'the server is busy', untried: true },
    ],
  ])('lets what was not tried go %s, and counts no attempt', async (_when, fault, deferred) => {
    const { journal, queue } = queueOf();
    await queue.release([aDueMail({ id: 'a' }), aDueMail({ id: 'b' })], fault);
    expect(journal.given('mails.updateDeferred')).toEqual([[['a', 'b'], deferred]]);
    await queue.release([], fault);
    expect(journal.given('mails.updateDeferred')).toHaveLength(1);
  });
});
