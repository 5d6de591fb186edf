import { DataSource } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated } from '../database/postgres-errors';
import { type AuditVerification, verifyAudit } from './audit-verifier';

const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';

/** Verifies the audit log of a database on behalf of an operator. */
export async function verifyDatabase(url: string, keys: readonly Buffer[]): Promise<AuditVerification> {
  const source = new DataSource(operatorDataSourceOptions(url));
  try {
    await source.initialize();
    return await source.transaction('REPEATABLE READ', (manager) => verifyAudit(keys, manager));
  } catch (error) {
    throw isNotMigrated(error) ? new Error(NOT_MIGRATED, { cause: error }) : error;
  } finally {
    if (source.isInitialized) await source.destroy();
  }
}
