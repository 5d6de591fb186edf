import { verifyDatabase } from '../../audit/operator-audit.repository';
import type { AuditConfig } from '../../config/audit.config';
import type { DatabaseConfig } from '../../config/database.config';
import { fail, ok, warn, type Check } from './check';

const ID = 'audit-chain';
const LIMIT_MS = 15_000;

/** Whether the chain of the audit log is intact, as far as that can be looked at in some seconds. */
export async function checkAudit({ url = '' }: DatabaseConfig, { keys }: AuditConfig): Promise<Check> {
  try {
    const { events, streams, broken, isPartial } = await verifyDatabase(url, keys, LIMIT_MS);
    if (broken) {
      const advice =
        'find out who may write to the database, and compare with the heads in the logs: docs/operate/audit.md. After a change of ' +
        'AUTH_AUDIT_KEY, or of the signing key where that is not set: name the former one in AUTH_AUDIT_PREVIOUS_KEYS';
      return fail(ID, `broken at ${broken.id}: ${broken.fault}`, advice);
    }
    const found = `${events} events in ${streams} streams are intact`;
    return ok(ID, isPartial ? `${found}; npm run audit -- verify looks at the others` : found);
  } catch {
    return warn(
      ID,
      'it could not be looked at',
      'see what is said of the database and its migrations, then run npm run audit -- verify',
    );
  }
}
