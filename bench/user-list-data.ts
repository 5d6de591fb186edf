import { Client } from 'pg';

/** Syllables of first names, and of last names: each is as frequent as the others of its place. */
const FIRST = [
  'an',
  'be',
  'ca',
  'do',
  'el',
  'fi',
  'go',
  'ha',
  'il',
  'jo',
  'ka',
  'lu',
  'ma',
  'ne',
  'ol',
  'pa',
  'ro',
  'sa',
  'ti',
  'vi',
];
const LAST = [
  'bar',
  'cor',
  'dun',
  'elm',
  'far',
  'gil',
  'har',
  'ing',
  'jar',
  'kel',
  'lan',
  'mor',
  'nor',
  'orb',
  'pel',
  'quin',
  'ros',
  'sten',
  'tor',
  'wal',
];
/** Teams: the n-th of so many users is in it. */
export const TEAMS = [1, 10, 100, 150, 400, 1_000, 10_000] as const;

/**
 * Fills a migrated database with users whose names and addresses follow no order of time: a syllable more makes a search twenty times as
 * rare.
 */
export async function fillUsers(databaseUrl: string, users: number): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const syllable = (place: number, all: readonly string[]) =>
      `(ARRAY[${all.map((one) => `'${one}'`).join()}])[1 + get_byte(h, ${place}) % ${all.length}]`;
    await client.query(
      `INSERT INTO users (email, name, created_at, email_verified_at)
       SELECT first || '.' || last || '.' || n || '@example.com', initcap(first) || ' ' || initcap(last),
         timestamptz '2026-01-01' - (get_byte(h, 9) * 65536 + get_byte(h, 10) * 256 + get_byte(h, 11)) * interval '1 second', now()
       FROM (SELECT n, h, ${syllable(0, FIRST)} || ${syllable(1, FIRST)} AS first,
           ${syllable(2, LAST)} || ${syllable(3, LAST)} || ${syllable(4, LAST)} AS last
         FROM (SELECT n, decode(md5(n::text), 'hex') AS h FROM generate_series(1, $1::int) n) numbered) named`,
      [users],
    );
    await client.query(
      `INSERT INTO user_domains (user_id, domain_id)
       SELECT u.id, d.id FROM users u, domains d WHERE d.is_default`,
    );
    for (const share of TEAMS)
      await client.query(
        `WITH made AS (INSERT INTO teams (name) VALUES ('One of ' || $1::int) RETURNING id),
           joined AS (
             INSERT INTO team_memberships (team_id, user_id)
             SELECT made.id, u.id FROM made, (SELECT id, row_number() OVER (ORDER BY id) AS n FROM users) u WHERE n % $1 = 0)
         SELECT`,
        [share],
      );
    await client.query('SET synchronous_commit = on; CREATE TABLE flushed (); DROP TABLE flushed');
    await client.query('VACUUM ANALYZE');
  } finally {
    await client.end();
  }
}
