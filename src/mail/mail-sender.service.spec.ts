import { answers, done, Journal, type Plan } from '../../test/support/unit/journal';
import { aDueMail } from '../../test/support/unit/mails';
import { AppError } from '../common/errors/app-error';
import type { MailConfig } from '../config/mail.config';
import type { RunStep } from '../jobs/job-runner';
import type { JobsService } from '../jobs/jobs.service';
import type { MailComposer } from './mail-composer.service';
import type { MailQueueGauges } from './mail-queue-gauges.service';
import type { MailQueue } from './mail-queue.service';
import { MailSender } from './mail-sender.service';
import { MailFault, type MailTransport } from './mail-transport';
import type { DueMail } from './mails.repository';

const OF_SERVER = new MailFault('the server is away', false, true);
const mails = (count: number) => Array.from({ length: count }, (_, n) => aDueMail({ id: `m${n}` }));

interface Given {
  claimed?: DueMail[];
  isDue?: () => Promise<boolean>;
  send?: (mail: { id: string }) => Promise<void>;
  compose?: Plan<MailComposer>['compose'];
  delivery?: MailConfig['delivery'];
}

function senderOf({
  claimed = mails(1),
  isDue = answers(true),
  send = done,
  compose = ({ id }) => ({ id }),
  delivery = 'smtp',
}: Given = {}) {
  const journal = new Journal();
  const steps: RunStep[] = [];
  const sender = new MailSender(
    { run: (_job, step) => void steps.push(step) } as Partial<JobsService> as JobsService,
    journal.fake<MailQueue>('queue', {
      isDue,
      claim: answers(claimed),
      sent: done,
      failed: done,
      release: done,
    }),
    { refresh: done } as Partial<MailQueueGauges> as MailQueueGauges,
    journal.fake<MailComposer>('composer', { compose }),
    journal.fake<MailTransport>('transport', { send, close: () => undefined }),
    { delivery } as MailConfig,
  );
  sender.onApplicationBootstrap();
  const step = (signal = new AbortController().signal) => steps[0]!(signal);
  return { journal, steps, step };
}

describe('MailSender', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('looks at no queue where no mail can be sent', () => {
    expect(senderOf({ delivery: 'none' }).steps).toEqual([]);
  });

  it('R95 sends what it has claimed and writes the outcome of each', async () => {
    const { journal, step } = senderOf();
    expect(await step()).toBe(false);
    expect(journal.acts).toEqual([
      'queue.isDue',
      'queue.claim',
      'composer.compose',
      'transport.send',
      'queue.sent',
      'queue.release',
    ]);
    expect(journal.given('queue.release')).toEqual([[[], undefined]]);
  });

  it('claims nothing where no mail is due', async () => {
    const { journal, step } = senderOf({ isDue: answers(false) });
    expect(await step()).toBe(false);
    expect(journal.acts).toEqual(['queue.isDue']);
  });

  it('asks for another step after a full batch', async () => {
    expect(await senderOf({ claimed: mails(20) }).step()).toBe(true);
    expect(await senderOf({ claimed: mails(19) }).step()).toBe(false);
  });

  it('goes on with the others after a mail that its address refuses', async () => {
    const refused = new MailFault('there is no such address', true, false);
    const { journal, step } = senderOf({
      claimed: mails(3),
      send: ({ id }) => (id === 'm0' ? Promise.reject(refused) : Promise.resolve()),
    });
    await step();
    expect(journal.given('queue.sent')).toHaveLength(2);
    expect(journal.given('queue.failed')).toEqual([[expect.objectContaining({ id: 'm0' }), refused]]);
  });

  it('R95 tries no more mails when the server is away, and gives the rest back', async () => {
    const { journal, step } = senderOf({ claimed: mails(20), send: () => Promise.reject(OF_SERVER) });
    expect(await step()).toBe(false);
    const [[rest, fault]] = journal.given('queue.release') as [[DueMail[], MailFault]];
    const tried = journal.given('transport.send').length;
    expect(tried).toBeLessThan(20);
    expect(rest).toHaveLength(20 - tried);
    expect(fault).toBe(OF_SERVER);
  });

  it('R95 leaves a server that is away alone for longer and longer, up to a minute', async () => {
    const { journal, step } = senderOf({ send: () => Promise.reject(OF_SERVER) });
    for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
      await step();
      const asked = journal.acts.length;
      await jest.advanceTimersByTimeAsync(seconds * 1_000 - 1);
      await step();
      expect(journal.acts).toHaveLength(asked); // nobody was asked anything meanwhile
      await jest.advanceTimersByTimeAsync(1);
    }
  });

  it('leaves it alone no longer once a mail has gone', async () => {
    const outcomes = [OF_SERVER, OF_SERVER, undefined, OF_SERVER];
    const { journal, step } = senderOf({
      send: () => {
        const fault = outcomes.shift();
        return fault ? Promise.reject(fault) : Promise.resolve();
      },
    });
    for (const wait of [2_000, 4_000, 0, 2_000]) {
      await step();
      await jest.advanceTimersByTimeAsync(wait);
    }
    const asked = journal.acts.length;
    await step();
    expect(journal.acts.length).toBeGreaterThan(asked);
  });

  it('defers a mail that this process cannot make, and says that it is at fault itself', async () => {
    const { journal, step } = senderOf({
      compose: () => {
        throw new Error('a bug');
      },
    });
    await step();
    expect(journal.given('queue.failed')).toEqual([
      [expect.anything(), expect.objectContaining({ isOurs: true, isFinal: false, isOfServer: false })],
    ]);
    expect(journal.acts).not.toContain('transport.send');
  });

  it('waits out an outage of the database without an error of its own', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { journal, step } = senderOf({ isDue: () => Promise.reject(away) });
    expect(await step()).toBe(false);
    await jest.advanceTimersByTimeAsync(4_999);
    await step();
    expect(journal.acts).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    await step();
    expect(journal.acts).toHaveLength(2);
  });

  it.each([
    ['goes on after a refusal such as a full pool', new AppError('overloaded'), false],
    ['does not hide a bug', new Error('a bug'), true],
  ])('%s', async (_what, error, isThrown) => {
    const { step } = senderOf({ isDue: () => Promise.reject(error) });
    if (isThrown) await expect(step()).rejects.toBe(error);
    else expect(await step()).toBe(false);
  });

  it('R64 does not hold the process at a stop for a server that hangs, and begins no further mail', async () => {
    const stop = new AbortController();
    const { journal, step } = senderOf({ claimed: mails(20), send: () => new Promise(() => undefined) });
    const stepped = step(stop.signal);
    await jest.advanceTimersByTimeAsync(10_000);
    const begun = journal.given('transport.send').length;
    stop.abort();
    await jest.advanceTimersByTimeAsync(1_500);
    await stepped;
    expect(journal.given('transport.send')).toHaveLength(begun);
  });
});
