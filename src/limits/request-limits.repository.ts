import { Injectable } from '@nestjs/common';
import { Database, type PreparedStatement } from '../database/database';

/** How much a window of time allows. */
export interface RequestQuota {
  readonly quota: number;
  readonly windowSeconds: number;
}

const COUNT: PreparedStatement = {
  name: 'count-request',
  text: `
    INSERT INTO request_limits AS r (key, count, expires_at) VALUES ($1, 1, now() + make_interval(secs => $3::int))
    ON CONFLICT (key) DO UPDATE
    SET count = CASE WHEN r.expires_at <= now() THEN 1 ELSE r.count + 1 END,
        expires_at = CASE WHEN r.expires_at <= now() THEN excluded.expires_at ELSE r.expires_at END
    WHERE r.expires_at <= now() OR r.count < $2::int
    RETURNING 1 AS counted`,
};

const RELEASE: PreparedStatement = {
  name: 'release-request',
  text: 'UPDATE request_limits SET count = count - 1 WHERE key = $1 AND count > 0 AND expires_at > now() RETURNING 1 AS released',
};

const SECONDS_LEFT: PreparedStatement = {
  name: 'request-limit-seconds-left',
  text: `SELECT ceil(extract(epoch FROM expires_at - clock_timestamp()))::float8 AS seconds FROM request_limits WHERE key = $1`,
};

/** The statements on `request_limits`. */
@Injectable()
export class RequestLimitsRepository {
  constructor(private readonly database: Database) {}

  /** Counts one, unless the window holds the quota already; answers whether it counted. */
  async count(key: Buffer, { quota, windowSeconds }: RequestQuota): Promise<boolean> {
    const rows = await this.database.statement(COUNT, [key, quota, windowSeconds]);
    return rows.length > 0;
  }

  /** Takes one back; answers whether the window held any. */
  async release(key: Buffer): Promise<boolean> {
    const rows = await this.database.statement(RELEASE, [key]);
    return rows.length > 0;
  }

  /** Seconds until the window ends, at least 1. */
  async secondsLeft(key: Buffer): Promise<number> {
    const [row] = await this.database.statement<{ seconds: number }>(SECONDS_LEFT, [key]);
    return Math.max(1, row?.seconds ?? 1);
  }
}
