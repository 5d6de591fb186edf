import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from '../support/process/program';

const WHAT_A_BUILD_NEEDS = [
  ...['tools', 'src', 'migrations', 'packages', 'ormconfig.ts'],
  ...['package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'],
];

/** Each test builds several times, which takes long where other tests run beside. */
jest.setTimeout(300_000);

describe('the build', () => {
  let copy: string;

  beforeAll(async () => {
    copy = mkdtempSync(join(tmpdir(), 'promptstack-auth-build-'));
    for (const path of WHAT_A_BUILD_NEEDS) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    expect(await build()).toEqual({ status: 0, output: '' });
  });

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const build = (...args: string[]) => run(process.execPath, [join(copy, 'tools/build.mjs'), ...args]);
  const present = () => realpathSync(join(copy, 'dist'));
  const path = (name: string) => join(copy, name);
  const text = (name: string) => readFileSync(path(name), 'utf8');
  const change = (name: string, from: string, to: string) => {
    expect(text(name)).toContain(from);
    writeFileSync(path(name), text(name).replaceAll(from, to));
  };

  it('makes nothing when nothing has changed, also when files are only touched', async () => {
    const before = present();
    const made = statSync(join(before, 'src/main.js')).mtimeMs;
    writeFileSync(path('src/main.ts'), text('src/main.ts'));
    expect(await build()).toEqual({ status: 0, output: '' });
    expect(present()).toBe(before);
    expect(statSync(join(before, 'src/main.js')).mtimeMs).toBe(made);
  });

  it('leaves the build that somebody runs as it is, and puts another in its place', async () => {
    const before = present();
    const child = spawn(
      process.execPath,
      [
        '-e',
        `process.stdin.once('data', () => console.log(require('./dist/src/bootstrap/startup-banner.js').startupBanner.length))`,
      ],
      { cwd: copy, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const compiled = readFileSync(join(before, 'src/bootstrap/startup-banner.js'), 'utf8');
    change(
      'src/bootstrap/startup-banner.ts',
      'export function startupBanner(',
      'export const ANOTHER = 1;\nexport function startupBanner(',
    );
    expect(await build()).toEqual({ status: 0, output: '' });

    expect(present()).not.toBe(before);
    expect(text('dist/src/bootstrap/startup-banner.js')).toContain('ANOTHER = 1');
    expect(readFileSync(join(before, 'src/bootstrap/startup-banner.js'), 'utf8')).toBe(compiled);
    expect(readdirSync(before, { recursive: true }).sort()).toEqual(
      readdirSync(present(), { recursive: true }).sort(),
    );
    child.stdin.end('\n');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('makes after changes what it makes of the same sources from nothing', async () => {
    change('src/sessions/end-reason.ts', "| 'logout'", "| 'left' | 'logout'");
    change('src/health/dto/health-response.dto.ts', `'ok' | 'error'`, `'ok' | 'error' | 'unknown'`);
    writeFileSync(path('src/common/of-no-use.ts'), 'export const OF_NO_USE = true;\n');
    expect(await build()).toEqual({ status: 0, output: '' });
    rmSync(path('src/common/of-no-use.ts'));
    expect(await build()).toEqual({ status: 0, output: '' });
    expect(await build('--into', path('whole'))).toEqual({ status: 0, output: '' });
    expect(outputs(present())).toEqual(outputs(path('whole')));
  });

  it('of several commands at once leaves each with a whole build', async () => {
    change('src/bootstrap/shutdown-handler.ts', 'STOP_MARGIN_MS = 5_000', 'STOP_MARGIN_MS = 6_000');
    const many = await Promise.all(Array.from({ length: 4 }, () => build()));
    expect(many).toEqual(many.map(() => ({ status: 0, output: '' })));
    expect(text('dist/src/bootstrap/shutdown-handler.js')).toContain('6_000');
    expect(readdirSync(path('.builds')).filter((name) => !/^(bundle-)?[0-9a-f]{16}$/.test(name))).toEqual([]);
  });

  it('names the place of what cannot be compiled, and leaves the build of before', async () => {
    const before = present();
    change('src/main.ts', 'main().catch(exitWithError);', 'main().catch(exitWithError;');
    const syntax = await build();
    expect(syntax.status).toBe(1);
    expect(syntax.output).toMatch(/^The build failed: src\/main\.ts\(\d+,\d+\): error TS1005/);
    change('src/main.ts', 'main().catch(exitWithError;', 'main().catch(exitWithError);');
    change('src/main.ts', `'./bootstrap/on-parent-exit'`, `'./nowhere'`);
    const imports = await build();
    expect(imports.status).toBe(1);
    expect(imports.output).toContain('src/main.ts imports ./nowhere, which is not there');
    expect(present()).toBe(before);
    change('src/main.ts', `'./nowhere'`, `'./bootstrap/on-parent-exit'`);
  });

  it('gives the OpenAPI document that `nest build` gives, and takes its place', async () => {
    const document = async () => {
      const { output } = await run(process.execPath, [path('dist/tools/openapi.js'), 'document']);
      return JSON.parse(output, (key, value: unknown) =>
        key === 'enum' && Array.isArray(value) ? value.sort() : value,
      ) as unknown;
    };
    const ours = await document();
    expect(ours).toHaveProperty(['paths', '/auth/validate']);
    const nest = await run(
      process.execPath,
      [path('node_modules/@nestjs/cli/bin/nest.js'), 'build'],
      {},
      copy,
    );
    expect(nest).toEqual({ status: 0, output: '' });
    expect(present()).toBe(path('dist'));
    expect(await document()).toEqual(ours);
    expect(await build()).toEqual({ status: 0, output: '' });
    expect(present()).not.toBe(path('dist'));
  });

  it('minds no lock whose holder has died', async () => {
    change('src/bootstrap/shutdown-handler.ts', '6_000', '5_000');
    const dead = spawn('true');
    await once(dead, 'exit');
    writeFileSync(path('.builds/lock'), String(dead.pid));
    expect(await build()).toEqual({ status: 0, output: '' });
    expect(text('dist/src/bootstrap/shutdown-handler.js')).toContain('5_000');
  });
});

/** All files of a build but what TypeScript remembers of it; maps name their sources from where they are. */
function outputs(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => /\.c?js$/.test(name));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
