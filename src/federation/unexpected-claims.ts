import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock';
import { formOf } from './claim-value';

const PAUSE_MS = 60_000;
/** Configured issuers and claims times the forms that there are; more than that have never been seen. */
const MAX_REMEMBERED = 1_000;

/** Tells a claim that has another form than the settings of its issuer expect, and by that says nothing. */
export type ReportClaim = (claim: string, value: unknown, expected: string) => void;

/** Writes claims of an unexpected form to the log by name and form, each once a minute however many tokens have it. */
@Injectable()
export class UnexpectedClaims {
  private readonly logger = new Logger('ProviderClaims');
  private readonly toldAt = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** For the claims of one issuer. */
  of(issuer: string): ReportClaim {
    return (claim, value, expected) => {
      const entry = { issuer, claim, form: formOf(value), expected };
      const key = JSON.stringify(entry);
      const now = this.clock.now();
      if (Math.abs(now - (this.toldAt.get(key) ?? -Infinity)) < PAUSE_MS) return;
      if (this.toldAt.size >= MAX_REMEMBERED) this.toldAt.clear();
      this.toldAt.set(key, now);
      this.logger.warn({ msg: 'claim of an unexpected form', ...entry });
    };
  }
}
