import { DataSource, type EntityManager } from 'typeorm';
import { withinDatabaseLimit } from './bounded-client';
import { operatorDataSourceOptions } from './data-source-options';

const READ = ['SELECT'];
const READ_AND_WRITE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** Privileges of the serving role per table; tables written only by migrations and seeds are read-only. Add new tables here. */
const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  applied_seeds: READ,
  audit_events: ['SELECT', 'INSERT'],
  audit_heads: ['SELECT', 'INSERT', 'UPDATE'],
  audit_retention: READ,
  deleted_identities: READ_AND_WRITE,
  domains: READ_AND_WRITE,
  ended_provider_tokens: READ_AND_WRITE,
  ended_service_tokens: READ_AND_WRITE,
  guess_limits: READ_AND_WRITE,
  idempotency_keys: READ_AND_WRITE,
  mails: READ_AND_WRITE,
  migrations: READ,
  request_limits: READ_AND_WRITE,
  service_accounts: READ_AND_WRITE,
  service_keys: READ_AND_WRITE,
  sessions: READ_AND_WRITE,
  team_memberships: READ_AND_WRITE,
  teams: READ_AND_WRITE,
  turns: ['SELECT', 'UPDATE'],
  used_refresh_tokens: READ_AND_WRITE,
  user_domains: READ_AND_WRITE,
  user_identities: READ_AND_WRITE,
  users: READ_AND_WRITE,
  verification_codes: READ_AND_WRITE,
};

/** Functions that it calls. PostgreSQL grants them to every role, unless an operator has revoked that. */
const FUNCTIONS = [
  'audit_create_partitions()',
  'audit_drop_expired()',
  'announce(text, text[])',
  'fold_text(text)',
  'hash_identity(text, text)',
  'is_active_session(sessions, users)',
  'lock_service_key(uuid)',
  'name_tail(text, integer)',
  'session_authenticated_at(sessions)',
  'take_turn(text)',
];

const OPEN_LIMIT_MS = 15_000;
const MISSING = `
  SELECT format('GRANT %s ON TABLE %I.%I TO %I', n.privilege, current_schema(), n.name, $1::text) AS grant
  FROM unnest($2::text[], $3::text[]) AS n (name, privilege)
  WHERE NOT has_table_privilege($1, format('%I.%I', current_schema(), n.name), n.privilege)
  UNION ALL
  SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', f::regprocedure, $1::text)
  FROM unnest($4::text[]) AS f WHERE NOT has_function_privilege($1, f, 'EXECUTE')
  UNION ALL
  SELECT format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), $1::text)
  WHERE NOT has_schema_privilege($1, current_schema(), 'USAGE')`;

/** The role of a database URL. */
export async function roleOf(url: string): Promise<string> {
  const dataSource = new DataSource(operatorDataSourceOptions(url));
  try {
    await withinDatabaseLimit(OPEN_LIMIT_MS, dataSource.initialize());
    return await currentRole(dataSource.manager);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
    else await dataSource.driver.disconnect().catch(() => undefined);
  }
}

/**
 * Grants the serving role its missing privileges, as the migrating role. Revokes nothing: a replica of another version may
 * need it.
 */
export async function grantServing(role: string, manager: EntityManager): Promise<void> {
  if (role === (await currentRole(manager))) return;
  const missing = await missingGrants(role, manager);
  if (missing.length > 0) await manager.query(missing.join(';\n'));
}

/** The statements that would grant a role what it needs for serving and lacks. All tables must be there. */
export async function missingGrants(role: string, manager: EntityManager): Promise<string[]> {
  const needed = Object.entries(PRIVILEGES).flatMap(([name, privileges]) =>
    privileges.map((privilege) => ({ name, privilege })),
  );
  const missing = await manager.query<{ grant: string }[]>(MISSING, [
    role,
    needed.map(({ name }) => name),
    needed.map(({ privilege }) => privilege),
    FUNCTIONS,
  ]);
  return missing.map(({ grant }) => grant);
}

async function currentRole(manager: EntityManager): Promise<string> {
  const [row] = await manager.query<{ role: string }[]>('SELECT current_user::text AS role');
  if (!row) throw new Error('the server answered nothing');
  return row.role;
}
