import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../common/clock';
import { onBehalfOf } from '../common/request-scope';
import { ServiceKeysRepository } from './service-keys.repository';

const MINUTE_MS = 60_000;
/** Uses are collected for so long. */
const DELAY_MS = 200;

/** Records the minute in which a key was last used: one write per key and minute, however many calls there are. */
@Injectable()
export class KeyUseRecorder implements OnApplicationShutdown {
  private readonly logger = new Logger('ServiceAccounts');
  private minute = 0;
  /** Used in this minute. */
  private readonly seen = new Set<string>();
  private pending: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly keys: ServiceKeysRepository,
    private readonly clock: Clock,
  ) {}

  /** Returns at once; a failure to write is only logged. */
  note(keyId: string): void {
    const minute = Math.floor(this.clock.now() / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.seen.clear();
    }
    if (this.seen.has(keyId)) return;
    this.seen.add(keyId);
    this.pending.push(keyId);
    this.timer ??= onBehalfOf(undefined, () => setTimeout(() => void this.write(), DELAY_MS));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.write();
  }

  private async write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const ids = this.pending;
    this.pending = [];
    if (ids.length === 0) return;
    try {
      await this.keys.updateLastUsed(ids);
    } catch (error) {
      for (const id of ids) this.seen.delete(id); // the next use tries again
      this.logger.warn({ msg: 'the last use of service keys could not be recorded', err: error });
    }
  }
}
