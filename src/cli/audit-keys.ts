import { withDevelopmentSecret } from '../bootstrap/development-secret';
import { recordByOperator } from '../audit/operator-audit.repository';
import type { AuditEvent, AuditFacts } from '../audit/audit-event';
import { loadConfiguration } from '../config/configuration';
import { processEnvironment } from '../config/environment';
import { readSettings } from '../config/read-settings';
import { operatorDatabaseUrl } from './command-line';

/** The keys of the audit log. Where the audit key is set it is enough: in an emergency other settings may be missing. */
export function auditKeys(): readonly Buffer[] {
  const environment = withDevelopmentSecret(processEnvironment());
  const { values } = readSettings(environment.variables);
  const { key, previousKeys } = values.audit;
  if (key !== undefined) return [key, ...previousKeys].map((text) => Buffer.from(text));
  return loadConfiguration(environment.variables, environment).audit.keys;
}

const NO_KEY =
  'The event has no row in the audit log: its key is not known here (AUTH_AUDIT_KEY, or the settings of the service).\n';

/** Records what an operator has done by a command. */
export async function record<Facts extends AuditFacts>(
  event: AuditEvent<Facts>,
  facts: Facts,
): Promise<void> {
  const key = presentKey();
  await recordByOperator(event, facts, { url: operatorDatabaseUrl(), key });
  if (key === undefined) process.stderr.write(NO_KEY);
}

/** Undefined where neither it nor the settings that it is derived from are known. */
function presentKey(): Buffer | undefined {
  const { variables } = withDevelopmentSecret(processEnvironment());
  const { values } = readSettings(variables);
  const { secretKey, privateKey } = values.tokens;
  if (values.audit.key === undefined && secretKey === undefined && privateKey === undefined) return undefined;
  try {
    return auditKeys()[0];
  } catch {
    return undefined;
  }
}
