/** Better Auth as its documentation sets it up, on PostgreSQL, for the bench: says its port, and the cookie of a signed-in user. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';

const { databaseUrl } = JSON.parse(process.argv[2]);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
const baseURL = `http://127.0.0.1:${port}`;
const auth = betterAuth({
  baseURL,
  secret: 'a secret of the bench, which has 32 bytes and more',
  database: new pg.Pool({ connectionString: databaseUrl, max: 10 }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
});
await (await getMigrations(auth.options)).runMigrations();
server.on('request', toNodeHandler(auth));
const signedUp = await fetch(`${baseURL}/api/auth/sign-up/email`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Origin: baseURL },
  body: JSON.stringify({ email: 'bench@example.com', password: 'correct horse battery', name: 'Bench' }),
});
if (!signedUp.ok) throw new Error(`sign-up answered ${signedUp.status}: ${await signedUp.text()}`);
const cookie = signedUp.headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ');
process.send({ port, cookie });
