import { ConfigurationError } from '../../config/configuration-error';
import type { DatabaseConfig } from '../../config/database.config';
import { DatabaseDiagnosis } from '../../database/database-diagnosis';
import { isOutage, outageSentence } from '../../database/postgres-errors';
import { fail, ok, warn, type Check } from './check';
import { checkMailQueue } from './mail-checks';

const PAGE = 'docs/operate/database.md';
/** Every answer waits for at least one round trip. */
const SLOW_MS = 20;
const CLOCK_WARNING_MS = 1_000;
const SECOND_MS = 1_000;

/** Everything about the database of the configuration; a lost connection ends the checks. */
export async function checkDatabase(config: DatabaseConfig, leewaySeconds: number): Promise<Check[]> {
  const { url = '' } = config;
  const diagnosis = new DatabaseDiagnosis(url);
  const checks: Check[] = [];
  try {
    await diagnosis.open();
    checks.push(ok('database', 'reached'));
    checks.push(await checkVersion(diagnosis), await checkPooler(diagnosis, config));
    checks.push(await checkMigrations(diagnosis), await checkRole(diagnosis, config));
    checks.push(await checkLatency(diagnosis, config), await checkClock(diagnosis, leewaySeconds));
    checks.push(...(await checkMailQueue(diagnosis)));
  } catch (error) {
    checks.push(unreachable(error));
  } finally {
    await diagnosis.close();
  }
  return checks;
}

function unreachable(error: unknown): Check {
  const detail = isOutage(error) ? outageSentence(error) : `the database answered an error${codeOf(error)}`;
  return fail('database', detail, `check DATABASE_URL, the network and the server: ${PAGE}`);
}

/** Messages of the server may quote values. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? ` (${code})` : '';
}

async function checkVersion(diagnosis: DatabaseDiagnosis): Promise<Check> {
  const version = await diagnosis.version();
  return Number.parseInt(version, 10) < 14
    ? fail('database-version', `PostgreSQL ${version}`, 'the service needs PostgreSQL 14 or newer')
    : ok('database-version', `PostgreSQL ${version}`);
}

async function checkPooler(diagnosis: DatabaseDiagnosis, { listenUrl }: DatabaseConfig): Promise<Check> {
  const id = 'database-pooler';
  try {
    if (!(await diagnosis.changesSessions())) return ok(id, 'sessions stay');
    const advice = `name a direct address in AUTH_DATABASE_LISTEN_URL, and one for migrations: ${PAGE}#poolers`;
    const detail = 'DATABASE_URL leads to a pooler in transaction mode';
    return listenUrl === undefined ? warn(id, detail, advice) : ok(id, detail);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return fail(id, error.faults.join('; '), `${PAGE}#poolers`);
  }
}

async function checkMigrations(diagnosis: DatabaseDiagnosis): Promise<Check> {
  const { pending, unknown } = await diagnosis.migrations();
  const id = 'migrations';
  if (unknown.length > 0) {
    const detail = `${unknown.length} have run that this version does not know: ${unknown.join(', ')}`;
    return warn(id, detail, 'a newer version has served this database: run that one');
  }
  if (pending.length === 0) return ok(id, 'all have run');
  const detail = `${pending.length} have not run: ${pending.join(', ')}`;
  return warn(id, detail, 'they run at the next start, or by npm run seed');
}

async function checkRole(diagnosis: DatabaseDiagnosis, { migrationUrl }: DatabaseConfig): Promise<Check> {
  const id = 'database-role';
  const { name, isSuperuser, mayChangeSchema } = await diagnosis.role();
  const { pending } = await diagnosis.migrations();
  const missing = pending.length > 0 ? [] : await diagnosis.missingGrants(name);
  if (missing.length > 0) {
    return fail(
      id,
      `${name} lacks rights: ${missing.join('; ')}`,
      'run npm run seed with the role that migrates',
    );
  }
  const advice = `let another role migrate (AUTH_DATABASE_MIGRATION_URL): ${PAGE}#two-roles`;
  if (isSuperuser) return warn(id, `${name} is a superuser: no rule of the database binds it`, advice);
  if (mayChangeSchema) return warn(id, `${name} serves and may change the schema`, advice);
  const migrates = migrationUrl === undefined ? '' : ', another role migrates';
  return ok(id, `${name} serves and may not change the schema${migrates}`);
}

async function checkLatency(diagnosis: DatabaseDiagnosis, { timeoutMs }: DatabaseConfig): Promise<Check> {
  const { best, median } = await diagnosis.latency();
  const detail = `a round trip takes ${median.toFixed(1)} ms (best ${best.toFixed(1)})`;
  const advice = 'place the service near its database: every answer waits for a round trip or more';
  if (median > timeoutMs) return fail('database-latency', detail, advice);
  return median > SLOW_MS ? warn('database-latency', detail, advice) : ok('database-latency', detail);
}

async function checkClock(diagnosis: DatabaseDiagnosis, leewaySeconds: number): Promise<Check> {
  const offsetMs = await diagnosis.clockOffsetMs();
  const seconds = (Math.abs(offsetMs) / SECOND_MS).toFixed(1);
  const detail = `${seconds} s ${offsetMs < 0 ? 'ahead of' : 'behind'} the clock of the database`;
  const advice = 'set the clocks of all machines by NTP';
  if (Math.abs(offsetMs) > leewaySeconds * SECOND_MS) return fail('clock', detail, advice);
  return Math.abs(offsetMs) > CLOCK_WARNING_MS ? warn('clock', detail, advice) : ok('clock', detail);
}
