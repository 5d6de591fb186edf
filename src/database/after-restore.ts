/** Tables whose rows act: codes that were open at the time of the backup, keys of services, mails that were not sent. */
const ACTING_ROWS = ['user_activations', 'verification_codes', 'service_keys', 'mails'];

/**
 * SQL that ends what a backup would revive, in the transaction that restores it: whatever was issued until now is refused, and
 * rows that act are gone. A backup of another version may lack some of the tables.
 */
export const AFTER_RESTORE = `
RESET search_path;
UPDATE users SET tokens_not_before = clock_timestamp();
UPDATE sessions SET ended_at = clock_timestamp(), end_reason = 'ended-by-operator' WHERE ended_at IS NULL;
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY '{${ACTING_ROWS.join(',')}}'::text[] LOOP
    IF to_regclass(name) IS NOT NULL THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
END $$;
`;

/** SQL that names the tables of a database, but for those of extensions. */
export const ANY_TABLE = `
  SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
  LIMIT 1`;
