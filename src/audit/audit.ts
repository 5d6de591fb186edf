import { randomUUID } from 'node:crypto';
import { Injectable, Logger, Optional } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { atEnd } from '../database/transaction-end';
import type { AuditEvent, AuditFacts } from './audit-event';
import type { AuditRow } from './audit-row';
import { AuditLog, type UntimedEntry } from './audit-log';
import { describeEvent } from './describe-event';
import { FailureAggregator } from './failure-aggregator';

/**
 * Records security events: each is one log line with `audit: true`, at every log level, and a row of the audit log, with request,
 * actor, origin and outcome. The rooms declare their events (`auditEvent`) next to their services.
 */
@Injectable()
export class Audit {
  private readonly logger = new Logger('Audit');
  private readonly failures = new FailureAggregator<UntimedEntry>();

  /** @param log absent in commands of operators, which have the line alone */
  constructor(@Optional() private readonly log?: AuditLog) {}

  /**
   * Records an event of the manager's transaction, or one that stands by itself; the line is written after the commit. Throws
   * `service-unavailable` when the row cannot be written, but for events that decide nothing.
   */
  async record<Facts extends AuditFacts>(
    event: AuditEvent<Facts>,
    facts: Facts,
    manager?: EntityManager,
  ): Promise<void> {
    const { line, entry } = describeEvent(event, facts);
    if (manager) atEnd(manager, { committed: () => this.writeLine(event, line) });
    await this.writeRow(event, entry, manager);
    if (!manager) this.writeLine(event, line);
  }

  /**
   * Records an event of an act that is a single statement: that takes the row as its parameter (`auditCtes`) and writes it. An act that
   * answers undefined has not taken place: there is no event.
   */
  async recordWith<Facts extends AuditFacts, T>(
    event: AuditEvent<Facts>,
    facts: Facts,
    act: (row: AuditRow) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (!this.log) throw new Error('there is no audit log');
    const { line, entry } = describeEvent(event, facts);
    const answer = await this.log.writeWith(entry, act);
    if (answer !== undefined) this.writeLine(event, line);
    return answer;
  }

  /** Writes what was counted instead of being written one by one. */
  async writeRepeated(): Promise<void> {
    for (const { sample, count } of this.failures.endWindow()) {
      const details = { ...(JSON.parse(sample.details ?? '{}') as object), count, aggregated: true };
      await this.log?.write({ ...sample, id: randomUUID(), details: JSON.stringify(details) }, undefined);
    }
  }

  private async writeRow(
    event: AuditEvent<AuditFacts>,
    entry: UntimedEntry,
    manager: EntityManager | undefined,
  ): Promise<void> {
    if (!this.log) return;
    const isFailure = event.outcome !== 'success' && !manager;
    const key = `${event.type} ${entry.target?.id ?? ''} ${entry.actor?.id ?? ''}`;
    if (isFailure && !this.failures.isSingle(key, entry)) return;
    try {
      await this.log.write(entry, manager);
    } catch (error) {
      if (!event.mayBeMissed) throw error;
      this.logger.error({ msg: 'an audit event could not be written', event: event.type, err: error });
    }
  }

  private writeLine(event: AuditEvent<AuditFacts>, line: object): void {
    if (event.outcome === 'success') this.logger.log(line);
    else this.logger.warn(line);
  }
}
