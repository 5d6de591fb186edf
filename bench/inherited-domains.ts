import { Client } from 'pg';
import { IDENTITY_COLUMNS } from '../src/identity/identity-row';
import { quantile } from './statistics';

const DOMAINS = 10_000;
/** A parent of each: a tree of 12 levels. */
const SPREAD = 2.1;
const ASSIGNED = [600, 1500, 3000, 6000, 9999];
const READS = 300;

/**
 * How long the statement takes that reads a user with five domains of a tree of 10,000 on 12 levels, as ratios to the same with
 * five of 10,000 domains that have nothing below them; one ratio a round. Leaves its domains behind.
 */
export async function inheritedDomains(databaseUrl: string, rounds: number): Promise<number[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SET jit = off');
    const [flat, tree] = [
      await userWithDomains(client, 'flat', false),
      await userWithDomains(client, 'tree', true),
    ];
    // The server commits without waiting for its log, and until that is written no page counts as visible to all.
    await client.query('SET synchronous_commit = on; CREATE TABLE flushed (); DROP TABLE flushed');
    await client.query('VACUUM ANALYZE domains, user_domains, users');
    await median(client, tree);
    const ratios: number[] = [];
    for (let round = 0; round < rounds; round++)
      ratios.push((await median(client, tree)) / (await median(client, flat)));
    return ratios;
  } finally {
    await client.end();
  }
}

/** The address of a new user, who is assigned to five of as many new domains. */
async function userWithDomains(client: Client, name: string, isTree: boolean): Promise<string> {
  const email = `${name}@bench.example`;
  await client.query(
    `WITH made AS MATERIALIZED (SELECT n, gen_random_uuid() AS id FROM generate_series(1, ${DOMAINS}) n)
     INSERT INTO domains (id, key, name, parent_domain_id)
     SELECT made.id, $1 || made.n, 'Domain', above.id
     FROM made LEFT JOIN made above ON $2 AND above.n = floor(made.n / ${SPREAD})`,
    [`${name}-`, isTree],
  );
  await client.query(`INSERT INTO users (email, name) VALUES ($1, 'Bench')`, [email]);
  await client.query(
    `INSERT INTO user_domains (user_id, domain_id)
     SELECT u.id, d.id FROM users u, domains d WHERE u.email = $1 AND d.key = ANY ($2)`,
    [email, ASSIGNED.map((n) => `${name}-${n}`)],
  );
  return email;
}

/** In milliseconds. */
async function median(client: Client, email: string): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < READS; n++) {
    const start = process.hrtime.bigint();
    await client.query({
      name: 'identity',
      text: `SELECT ${IDENTITY_COLUMNS} FROM users u WHERE u.email = $1`,
      values: [email],
    });
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return quantile(
    times.sort((one, other) => one - other),
    0.5,
  );
}
