import { Logger } from '@nestjs/common';
import { userInfo } from 'node:os';
import { DataSource } from 'typeorm';
import { SystemClock } from '../common/clock';
import type { AuditConfig } from '../config/audit.config';
import type { Database } from '../database/database';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated } from '../database/postgres-errors';
import type { AuditEvent, AuditFacts } from './audit-event';
import { AuditEventsRepository } from './audit-events.repository';
import { AuditLog } from './audit-log';
import { type AuditVerification, verifyAudit } from './audit-verifier';
import { describeEvent } from './describe-event';

const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';

/**
 * Records what an operator has done: a log line, and a row of the audit log where the key of its chain is known. The operator is named
 * by the user of the system.
 */
export async function recordByOperator<Facts extends AuditFacts>(
  event: AuditEvent<Facts>,
  facts: Facts,
  { url, key }: { readonly url: string; readonly key: Buffer | undefined },
): Promise<void> {
  const { line, entry } = describeEvent(event, facts, { kind: 'operator', id: systemUser() });
  new Logger('Audit').log(line);
  if (key === undefined) return;
  const source = new DataSource(operatorDataSourceOptions(url));
  try {
    await source.initialize();
    const database = {
      statement: ({ text }, values) =>
        source.query(text, [...(typeof values === 'function' ? values() : values)]),
    } as Pick<Database, 'statement'>;
    const events = new AuditEventsRepository(database as Database);
    await new AuditLog({ keys: [key] } as unknown as AuditConfig, events, new SystemClock()).write(
      entry,
      undefined,
    );
  } catch (error) {
    throw new Error('it is done, and the log line stands; the row of the audit log could not be written', {
      cause: error,
    });
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}

/** A container may run under a number without a name. */
function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

/** Verifies the audit log of a database on behalf of an operator; with a limit it may end before all was looked at. */
export async function verifyDatabase(
  url: string,
  keys: readonly Buffer[],
  limitMs = Infinity,
): Promise<AuditVerification> {
  const source = new DataSource(operatorDataSourceOptions(url));
  try {
    await source.initialize();
    return await source.transaction('REPEATABLE READ', (manager) => verifyAudit(keys, manager, limitMs));
  } catch (error) {
    throw isNotMigrated(error) ? new Error(NOT_MIGRATED, { cause: error }) : error;
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}
