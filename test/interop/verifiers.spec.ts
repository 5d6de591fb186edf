import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { decodeJwt, decodeProtectedHeader, importPKCS8, SignJWT } from 'jose';
import { createPublicKey } from 'node:crypto';
import { register, type Account } from '../support/http/accounts';
import { newKey } from '../support/tokens/keys';
import { startService, TEST_SECRET, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';
import { ALGORITHMS, VERIFIERS, type Algorithm, type Verifier } from './verifiers';

const PAGE = join(__dirname, '../../docs/integrate/verify-tokens.md');
const MARKS = /(<!-- verifiers: .*-->\n)[^]*(<!-- end of verifiers -->)/;
const AUDIENCE = 'https://api.promptstack.example';
const LIMIT_MS = 40_000;

/** A service that signs with one algorithm, and a user of it. */
interface Issuer {
  readonly service: Service;
  readonly account: Account;
  /** PEM of the private key; undefined with HS256. */
  readonly privateKey: string | undefined;
}

interface Result {
  readonly answers: Record<
    string,
    { readonly accepted: boolean; readonly sub?: string; readonly error?: string }
  >;
  readonly versions: readonly string[];
}

const issuers = new Map<Algorithm, Issuer>();
const versions = new Map<string, string>();
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await Promise.all(
    ALGORITHMS.map(async (algorithm) => issuers.set(algorithm, await startIssuer(algorithm))),
  );
});

afterAll(async () => {
  await Promise.all([...issuers.values()].map(({ service }) => service.stop()));
  await database.drop();
});

describe.each(VERIFIERS)('$name', (verifier) => {
  it.each(verifier.algorithms)(
    'takes our tokens of %s, and refuses what is none of them',
    async (algorithm) => {
      const issuer = issuers.get(algorithm) as Issuer;
      const { answers, versions: used } = await ask(verifier, algorithm, issuer);
      versions.set(verifier.name, used.join(', '));
      expect(answers.good).toEqual({ accepted: true, sub: issuer.account.email });
      const passed = Object.entries(answers).filter(([name, { accepted }]) => accepted && name !== 'good');
      expect(passed.map(([name]) => name)).toEqual(verifier.ignoresType ? ['ofAnotherType'] : []);
    },
  );
});

it('docs/integrate/verify-tokens.md holds the table of these results', () => {
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(
    MARKS,
    (_whole, start: string, end: string) => `${start}\n${table()}\n\n${end}`,
  );
  if (process.env.INTEROP_WRITE === 'true') writeFileSync(PAGE, written);
  else expect(page).toBe(written);
});

/** The rows of all verifiers that ran. */
function table(): string {
  const rows = VERIFIERS.map(({ name, algorithms, options, ignoresType, note }) => [
    name,
    versions.get(name) ?? '',
    algorithms.join(', '),
    options,
    [note, ignoresType && 'cannot be told to look at `typ`: use an audience that no other kind of token has']
      .filter(Boolean)
      .join('; '),
  ]);
  const head = ['Library', 'Tested version', 'Algorithms', 'Options needed', 'Mind'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `<!-- prettier-ignore -->\n${lines.join('\n')}`;
}

/** Issuer and public URL are one address, which discovery needs: the port must be known before the start. */
async function startIssuer(algorithm: Algorithm): Promise<Issuer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const key = algorithm === 'HS256' ? undefined : newKey(algorithm);
  const service = await startService({
    databaseUrl: database.url,
    env: {
      ...key?.signing,
      PORT: new URL(url).port,
      AUTH_PUBLIC_URL: url,
      AUTH_JWT_ISSUER: url,
      AUTH_JWT_AUDIENCE: AUDIENCE,
    },
  });
  const privateKey = key?.signing.AUTH_JWT_PRIVATE_KEY?.replaceAll('\\n', '\n');
  return { service, privateKey, account: await register(service) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** The good token, and the same with one thing wrong. */
async function tokensOf({ account, privateKey }: Issuer): Promise<Record<string, string>> {
  const header = decodeProtectedHeader(account.token);
  const claims = decodeJwt(account.token);
  const signingKey = privateKey ? await importPKCS8(privateKey, header.alg ?? '') : Buffer.from(TEST_SECRET);
  const sign = (changed: object, type = 'at+jwt') =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ ...header, alg: header.alg ?? '', typ: type })
      .sign(signingKey);
  const [head, , signature] = account.token.split('.');
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: 'someone@example.com' })).toString(
    'base64url',
  );
  return {
    good: account.token,
    altered: `${head}.${altered}.${signature}`,
    expired: await sign({ iat: Number(claims.iat) - 7200, exp: Number(claims.iat) - 3600 }),
    forAnotherAudience: await sign({ aud: 'https://another.example' }),
    ofAnotherIssuer: await sign({ iss: 'https://another.example' }),
    ofAnotherType: await sign({}, 'JWT'),
  };
}

async function ask(verifier: Verifier, algorithm: Algorithm, issuer: Issuer): Promise<Result> {
  const { service, privateKey } = issuer;
  const question = {
    tokens: await tokensOf(issuer),
    packages: verifier.packages,
    url: service.url,
    issuer: service.url,
    audience: AUDIENCE,
    jwksUri: `${service.url}/.well-known/jwks.json`,
    algorithm,
    ...(privateKey
      ? { publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) }
      : { secret: TEST_SECRET }),
  };
  const isPython = verifier.file.endsWith('.py');
  const directory = join(__dirname, 'verifiers');
  const [program, ...args] = isPython
    ? ['/usr/bin/python3', join(directory, 'run.py'), verifier.file.replace(/\.py$/, '')]
    : [process.execPath, join(directory, 'run.mjs'), join(directory, verifier.file)];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: LIMIT_MS });
  child.stdin.end(JSON.stringify(question));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${verifier.name} failed:\n${errors}`);
  return JSON.parse(output) as Result;
}
