import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { MailConfig } from '../config/mail.config';
import { isOutage } from '../database/postgres-errors';
import type { RunnableJob } from '../jobs/job-runner';
import { JobsService } from '../jobs/jobs.service';
import { MailComposer } from './mail-composer.service';
import { MailQueueGauges } from './mail-queue-gauges.service';
import { BATCH, MailQueue } from './mail-queue.service';
import { MailFault, MailTransport } from './mail-transport';
import type { DueMail } from './mails.repository';
import { sendInLanes } from './send-in-lanes';

/** How often the queue is looked at. */
const INTERVAL_MS = 1_000;
/** No attempt begins later than this after the claim. */
const BEGIN_WITHIN_MS = 60_000;
/** While the server cannot be used at all. */
const MAX_PAUSE_MS = 60_000;
const OUTAGE_PAUSE_MS = 5_000;
/** At a stop, for mails under way. */
const FINISH_MS = 1_500;

/**
 * Sends mails from the queue, at least once each (R95). A batch is claimed in one transaction, sent outside of any, and its
 * outcome is written. Whoever dies between the two leaves claims that expire.
 */
@Injectable()
export class MailSender implements RunnableJob, OnApplicationBootstrap, OnApplicationShutdown {
  readonly name = 'mail';
  readonly intervalMs = INTERVAL_MS;
  private failures = 0;
  private pausedUntil = 0;

  constructor(
    private readonly jobs: JobsService,
    private readonly queue: MailQueue,
    private readonly gauges: MailQueueGauges,
    private readonly composer: MailComposer,
    private readonly transport: MailTransport,
    private readonly config: MailConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.delivery !== 'none') this.jobs.run(this, (signal) => this.step(signal));
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }

  private async step(signal: AbortSignal): Promise<boolean> {
    try {
      await this.gauges.refresh();
      if (Date.now() < this.pausedUntil || !(await this.queue.isDue())) return false;
      const claimed = await this.queue.claim();
      await unlessAborted(signal, this.sendAll(claimed, signal));
      return claimed.length === BATCH && Date.now() >= this.pausedUntil;
    } catch (error) {
      // Others tell of an outage.
      if (isOutage(error)) this.pausedUntil = Date.now() + OUTAGE_PAUSE_MS;
      else if (!(error instanceof AppError)) throw error;
      return false;
    }
  }

  private async sendAll(mails: readonly DueMail[], signal: AbortSignal): Promise<void> {
    if (mails.length === 0) return;
    const deadline = Date.now() + BEGIN_WITHIN_MS;
    const { untried, fault } = await sendInLanes(mails, {
      isOver: () => signal.aborted || Date.now() > deadline,
      send: (mail) => this.sendOne(mail),
    });
    // A server that cannot be used is left alone for a while.
    this.failures = fault ? this.failures + 1 : 0;
    const pause = Math.min(MAX_PAUSE_MS, 1_000 * 2 ** Math.min(this.failures, 6));
    this.pausedUntil = fault ? Date.now() + pause : 0;
    await this.queue.release(untried, fault);
  }

  /** Answers the fault, when it is one of the server. */
  private async sendOne(mail: DueMail): Promise<MailFault | undefined> {
    const fault = await this.attempt(mail);
    if (!fault) await this.queue.sent(mail);
    else await this.queue.failed(mail, fault);
    return fault?.isOfServer ? fault : undefined;
  }

  private async attempt(mail: DueMail): Promise<MailFault | undefined> {
    try {
      await this.transport.send(this.composer.compose(mail));
      return undefined;
    } catch (error) {
      return error instanceof MailFault
        ? error
        : new MailFault('the mail could not be made', false, false, error, true);
    }
  }
}

/** Waits for work, after a stop only a little longer: a server that hangs does not hold the process. */
async function unlessAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  work.catch(() => undefined);
  let stop: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = () => void setTimeout(resolve, FINISH_MS).unref();
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
