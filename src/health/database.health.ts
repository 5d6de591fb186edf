import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Database } from '../database/database';

/** Well below the kubelet's probe timeout (1 s by default). */
const LIMIT_MS = 800;
const PING = { name: 'ping', text: 'SELECT 1' };

/** Whether the database answers and its migrations are done. */
@Injectable()
export class DatabaseHealth {
  private underWay: Promise<boolean> | undefined;

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {}

  async check(): Promise<HealthIndicatorResult<'database'>> {
    const indicator = this.indicators.check('database');
    return (await this.answers()) ? indicator.up() : indicator.down();
  }

  /** Concurrent probes share one statement. */
  private answers(): Promise<boolean> {
    this.underWay ??= this.ping().finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  private async ping(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, LIMIT_MS, false);
    });
    const ping = this.database.statement(PING, []).then(
      () => true,
      () => false,
    );
    try {
      return await Promise.race([ping, limit]);
    } finally {
      clearTimeout(timer);
    }
  }
}
