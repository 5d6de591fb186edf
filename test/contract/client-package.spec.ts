import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE, OTHER_NODES } from '../support/process/node';
import { ROOT, run } from '../support/process/program';

const LIMIT_MS = 180_000;
const PACKAGE = join(ROOT, 'packages/client');

/** Types and values of every entry that needs no framework, in strict TypeScript. */
const PROGRAM = `
import { createAuthClient, AuthUnavailableError, type AuthClient, type UserContext, type Verification } from '@promptstack/auth-client';
import { withUser } from '@promptstack/auth-client/http';
import { startTestDouble } from '@promptstack/auth-client/test-double';

async function main(): Promise<void> {
  const double = await startTestDouble({ people: [{ email: 'ada@example.com', name: 'Ada' }] });
  const client: AuthClient = createAuthClient({ url: double.url, key: double.key });
  await client.ready();
  const { access_token } = double.signIn('ada@example.com');
  const answer: Verification = await client.verify(access_token);
  const user: UserContext | null = answer.valid ? answer.user : null;
  withUser(client, (_request, response, someone) => response.end(someone.email), { role: 'user' });
  await client.close();
  const closed = await client.verify(access_token).catch((error: unknown) => error);
  await double.close();
  process.stdout.write(JSON.stringify({ email: user?.email, typed: closed instanceof AuthUnavailableError }));
}
void main();
`;

describe('npm pack of the client', () => {
  let folder: string;
  let packedBytes: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-client-'));
    const packed = await run('npm', ['pack', '--pack-destination', folder], { HOME: folder }, PACKAGE);
    expect(packed).toMatchObject({ status: 0 });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    packedBytes = statSync(join(folder, tarball)).size;
    const options = ['--offline', '--no-audit', '--no-fund', `./${tarball}`];
    const { status, output } = await run('npm', ['install', ...options], { HOME: folder }, folder);
    expect({ status, output }).toMatchObject({ status: 0 });
  }, LIMIT_MS);

  afterAll(() => rmSync(folder, { recursive: true }));

  it('brings no other package along', () => {
    const installed = readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' });
    const manifests = installed.filter((name) => /(^|\/)package\.json$/.test(name));
    expect(manifests).toEqual(['@promptstack/auth-client/package.json']);
  });

  it.each(['module', 'commonjs'])(
    'compiles and runs as %s on every supported Node.js',
    async (type) => {
      const cwd = join(folder, type);
      mkdirSync(cwd);
      writeFileSync(join(cwd, 'package.json'), JSON.stringify({ type }));
      writeFileSync(join(cwd, 'program.ts'), PROGRAM);
      const tsc = ['--strict', '--exactOptionalPropertyTypes', '--target', 'ES2022', '--module', 'NodeNext'];
      const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types'), '--outDir', 'out'];
      const compiled = await run('tsc', [...tsc, ...types, 'program.ts'], {}, cwd);
      expect(compiled).toEqual({ status: 0, output: '' });
      for (const node of [NODE, ...OTHER_NODES]) {
        const { status, output } = await run(node, ['out/program.js'], {}, cwd);
        expect({ status, output: JSON.parse(output) as unknown }).toEqual({
          status: 0,
          output: { email: 'ada@example.com', typed: true },
        });
      }
    },
    LIMIT_MS,
  );

  it('installs the program of the test double', async () => {
    const help = await run(join(folder, 'node_modules/.bin/promptstack-auth-test-double'), ['--help']);
    expect(help).toMatchObject({ status: 0, output: expect.stringContaining('--people FILE') as string });
  });

  it('is as large as its README says, and has as many dependencies', () => {
    const readme = readFileSync(join(PACKAGE, 'README.md'), 'utf8');
    const [, packed = '', unpacked = ''] = /Packed, unpacked +\| (\d+) kB, (\d+) kB/.exec(readme) ?? [];
    const installed = join(folder, 'node_modules/@promptstack/auth-client');
    const sizes = readdirSync(installed, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(installed, name)))
      .map((file) => (file.isFile() ? file.size : 0));
    const told = [Number(packed), Number(unpacked)];
    const found = [packedBytes, sizes.reduce((sum, size) => sum + size, 0)].map((bytes) => bytes / 1_000);
    found.forEach((kilobytes, n) => expect(Math.abs(kilobytes / (told[n] ?? 0) - 1)).toBeLessThan(0.1));
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies?: object;
    };
    expect([dependencies, /^\| Dependencies +\| none;/m.test(readme)]).toEqual([undefined, true]);
  });

  it('names the versions of its manifest in the code', () => {
    const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(readFileSync(join(PACKAGE, 'src/version.ts'), 'utf8')).toContain(`VERSION = '${version}'`);
  });
});
