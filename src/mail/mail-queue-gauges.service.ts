import { Injectable } from '@nestjs/common';
import { QUEUE, QUEUE_LAST_ERROR, QUEUE_OLDEST } from './mail-metrics';
import { MailsRepository, type QueueState } from './mails.repository';

/** How often the queue is counted. */
const INTERVAL_MS = 5_000;

/** Tells how many mails wait, since when, and why: as the queue was a few seconds ago. */
@Injectable()
export class MailQueueGauges {
  private state: QueueState | undefined;
  private nextAt = 0;

  constructor(private readonly mails: MailsRepository) {
    QUEUE.from(() => (this.state ? [[this.state.waiting]] : []));
    QUEUE_OLDEST.from(() => (this.state ? [[this.state.oldestSeconds]] : []));
    QUEUE_LAST_ERROR.from(() => (this.state?.lastError ? [[1, this.state.lastError]] : []));
  }

  /** Counts the queue, unless it was counted just now. */
  async refresh(): Promise<void> {
    if (Date.now() < this.nextAt) return;
    this.nextAt = Date.now() + INTERVAL_MS;
    this.state = await this.mails.findState();
  }
}
