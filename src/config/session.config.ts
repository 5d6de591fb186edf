import { immutable } from './immutable';

/** How long sessions live and how their refresh tokens rotate. */
export class SessionConfig {
  /** Seconds within which the parent of the newest refresh token may be retried. */
  readonly graceSeconds: number;
  /** Keys that children are derived with: today's, then those before it. */
  readonly refreshTokenKeys: readonly Buffer[];
  readonly idleDays: number;
  readonly maxDays: number;
  readonly cleanupIntervalSeconds: number;

  constructor(values: SessionConfig) {
    Object.assign(this, immutable({ ...values }));
    Object.freeze(this);
  }
}
