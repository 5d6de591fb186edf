import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock';
import { formOf } from './claim-value';

const PAUSE_MS = 60_000;
/** More than issuers × claims × forms yield in practice; beyond it the memory is cleared. */
const MAX_REMEMBERED = 1_000;

/** Reports a claim whose form is not the one that its issuer's settings expect, and which is therefore ignored. */
export type ReportClaim = (claim: string, value: unknown, expected: string) => void;

/** Logs claims of an unexpected form, by name and form only, each at most once a minute. */
@Injectable()
export class UnexpectedClaims {
  private readonly logger = new Logger('ProviderClaims');
  private readonly loggedAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** The reporter for one issuer. */
  of(issuer: string): ReportClaim {
    return (claim, value, expected) => {
      const entry = { issuer, claim, form: formOf(value), expected };
      const key = JSON.stringify(entry);
      const now = this.clock.now();
      if (Math.abs(now - (this.loggedAt.get(key) ?? -Infinity)) < PAUSE_MS) return;
      if (this.loggedAt.size >= MAX_REMEMBERED) this.loggedAt.clear();
      this.loggedAt.set(key, now);
      this.logger.warn({ msg: 'claim of an unexpected form', ...entry });
    };
  }
}
