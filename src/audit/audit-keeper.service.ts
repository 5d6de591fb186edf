import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { gauge } from '../common/metrics/instruments';
import { AuditConfig } from '../config/audit.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { Database, type PreparedStatement } from '../database/database';
import { DatabaseStarter } from '../database/database-starter';
import { lacksPrivilege } from '../database/postgres-errors';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { Audit } from './audit';
import { AuditLog } from './audit-log';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HEADS = gauge('auth_audit_head_info', 'Where the streams of the audit log of this process end today', [
  'stream',
  'seq',
  'mac',
]);

const MAY_CHANGE: PreparedStatement = {
  name: 'may-change-audit-events',
  text: `SELECT has_table_privilege('audit_events', 'UPDATE') AS may_change`,
};

/**
 * Keeps the audit log: partitions come and go; each minute, and at the end, repeated failures are written and the heads of the streams
 * are told to log and metrics, so that a copy of them is outside of the database.
 */
@Injectable()
export class AuditKeeperService
  implements PeriodicJob, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly name = 'audit-partitions';
  readonly lock = ADVISORY_LOCKS.auditPartitions;
  readonly intervalMs = HOUR_MS;
  private readonly logger = new Logger('AuditLog');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly jobs: JobsService,
    private readonly starter: DatabaseStarter,
    private readonly database: Database,
    private readonly config: AuditConfig,
    private readonly audit: Audit,
    private readonly log: AuditLog,
  ) {
    starter.beforeReady((manager) => this.prepare(manager));
    HEADS.from(() => this.heads().map(({ stream, seq, mac }) => [1, stream, String(seq), mac]));
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
    this.starter.ready.then(() => this.warnOfOneRole()).catch(() => undefined); // the start tells of an outage
    this.timer = setInterval(() => void this.tellHeads(), MINUTE_MS);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    if (this.starter.isReady) await this.tellHeads();
  }

  onApplicationShutdown(): void {
    HEADS.from(() => []);
  }

  async step(manager: EntityManager): Promise<boolean> {
    await manager.query('SELECT audit_create_partitions()');
    const [row] = await manager.query<{ dropped: number }[]>('SELECT audit_drop_expired() AS dropped');
    if (row && row.dropped > 0)
      this.logger.log({ msg: 'months of the audit log dropped', months: row.dropped });
    return false;
  }

  /** Runs under the role that migrates, if there is one. */
  private async prepare(manager: EntityManager): Promise<void> {
    await manager.query('SELECT audit_create_partitions()');
    await this.keepRetention(manager);
  }

  /** What the log cannot promise is said at each start. */
  private async warnOfOneRole(): Promise<void> {
    const [row] = await this.database.statement<{ may_change: boolean }>(MAY_CHANGE, []);
    if (row?.may_change !== true) return;
    this.logger.warn({
      msg:
        'the role of DATABASE_URL may change the audit log: only with another one in AUTH_DATABASE_MIGRATION_URL does the database ' +
        'refuse UPDATE and DELETE; until then a change shows in `npm run audit -- verify` alone',
    });
  }

  private async keepRetention(manager: EntityManager): Promise<void> {
    try {
      await manager.query('UPDATE audit_retention SET days = $1 WHERE days <> $1', [
        this.config.retentionDays,
      ]);
    } catch (error) {
      if (!lacksPrivilege(error)) throw error; // the process that migrates says how long events are kept
    }
  }

  private async tellHeads(): Promise<void> {
    try {
      await this.audit.writeRepeated();
    } catch (error) {
      this.logger.error({ msg: 'repeated failures could not be written', err: error });
    }
    const heads = this.heads();
    if (heads.length > 0) this.logger.log({ msg: 'audit head', heads });
  }

  private heads() {
    return this.log.heads().map(({ id, seq, mac }) => ({ stream: id, seq, mac: mac.toString('hex') }));
  }
}
