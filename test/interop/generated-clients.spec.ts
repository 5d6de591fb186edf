import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { send } from '../support/http/http';
import { run } from '../support/process/program';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

/** Compilers are slow on a busy machine. */
const LIMIT_MS = 180_000;
const PACKAGES = join(__dirname, 'node_modules');
const TSC = ['--strict', '--target', 'ES2022', '--module', 'NodeNext', '--moduleResolution', 'NodeNext'];
const LIBRARIES = [
  '--lib',
  'ES2022,DOM,DOM.Iterable',
  '--types',
  'node',
  '--skipLibCheck',
  '--outDir',
  'out',
];

/** How a generator is called, in a folder with `openapi.json`: its program in `node_modules/.bin/`, and what it gets. */
const GENERATORS: Readonly<Record<string, readonly string[]>> = {
  'hey-api': ['openapi-ts', '-i', 'openapi.json', '-o', 'generated'],
  'openapi-fetch': ['openapi-typescript', 'openapi.json', '-o', 'generated.ts'],
  orval: ['orval', '--config', 'orval.config.mjs'],
  'swagger-typescript-api': [
    'swagger-typescript-api',
    'generate',
    '-p',
    'openapi.json',
    '-o',
    'generated',
    '-n',
    'api.ts',
  ],
};

const ORVAL = `const input = './openapi.json';
export default {
  fetch: { input, output: { target: './generated/fetch.ts', client: 'fetch', baseUrl: { getBaseUrlFromSpecification: true } } },
  zod: { input, output: { target: './generated/zod.ts', client: 'zod' } },
};
`;

/** The clients that others generate from the document of a running service sign in, ask, refresh and sign out. */
describe('clients generated from /openapi.json', () => {
  let database: TestDatabase;
  let service: Service;
  let folder: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    const port = await freePort();
    service = await startService({
      databaseUrl: database.url,
      env: {
        PORT: String(port),
        AUTH_PUBLIC_URL: `http://127.0.0.1:${port}`,
        AUTH_ALLOW_DEV_HEADERS: 'true', // as a developer has it who generates a client
      },
    });
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-clients-'));
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  it.each(Object.entries(GENERATORS))(
    '%s',
    async (name, [program = '', ...args]) => {
      const cwd = await prepare(name);
      const bin = join(PACKAGES, '.bin');
      await succeed(join(bin, program), args, cwd);
      showToCompiler(cwd, name);
      await succeed(join(bin, 'tsc'), [...TSC, ...LIBRARIES, 'program.ts'], cwd);
      const output = await succeed(process.execPath, ['out/program.js'], cwd);
      expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual({
        me: true,
        name: 'Ada Lovelace',
        otherIsValid: false,
        signedOut: 204,
        refusal: 'Invalid or expired token',
        problem: 'invalid-token',
        ...(name === 'hey-api' && { sentAsUser: false }),
      });
    },
    LIMIT_MS,
  );

  /** A folder with the document, the packages, and the program that uses the client. */
  async function prepare(name: string): Promise<string> {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    symlinkSync(PACKAGES, join(cwd, 'node_modules'));
    writeFileSync(join(cwd, 'package.json'), '{"type":"commonjs"}');
    writeFileSync(join(cwd, 'openapi.json'), (await send(service, 'GET', '/openapi.json')).text);
    writeFileSync(join(cwd, 'orval.config.mjs'), ORVAL);
    cpSync(join(__dirname, 'clients', `${name}.ts`), join(cwd, 'program.ts'));
    return cwd;
  }

  /** swagger-typescript-api tells the compiler to look away. */
  function showToCompiler(cwd: string, name: string): void {
    if (name !== 'swagger-typescript-api') return;
    const file = join(cwd, 'generated/api.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace('// @ts-nocheck', ''));
  }

  async function succeed(program: string, args: readonly string[], cwd: string): Promise<string> {
    const { status, output } = await run(
      program,
      args,
      { HOME: cwd, SERVICE_URL: service.url, CI: 'true' },
      cwd,
    );
    if (status !== 0) throw new Error(`${program} ended with ${status}:\n${output}`);
    return output;
  }
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
