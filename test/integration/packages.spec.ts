import { readFileSync } from 'node:fs';
import { built } from '../support/process/build';
import { ROOT, run } from '../support/process/program';

/** Loaded by Node itself; all other packages are in one file. */
const LEFT_ALONE = ['piscina', 'pino', 'swagger-ui-dist', 'undici'];

describe('the packages of a build', () => {
  const node = (script: string) =>
    run(process.execPath, [
      '--enable-source-maps',
      '-e',
      `const load = require(${JSON.stringify(built('bundle/load.cjs'))}); ${script}`,
    ]);

  it('are loaded from one file, compiled before', async () => {
    const { status, output } = await node(`
      require(${JSON.stringify(built('src/bootstrap/create-app.js'))});
      const files = Object.keys(require.cache).filter((file) => file.includes('/node_modules/'));
      console.log(JSON.stringify({ files, compiled: load.codeCache.used }));`);
    expect(status).toBe(0);
    const { files, compiled } = JSON.parse(output) as { files: string[]; compiled: boolean };
    expect(compiled).toBe(true);
    const packages = new Set(files.map((file) => /.*\/node_modules\/([^/]+)/.exec(file)?.[1]));
    expect([...packages]).toEqual(expect.arrayContaining(['piscina', 'pino']));
    const needed = [...packages].filter((name) => !LEFT_ALONE.includes(String(name)));
    for (const name of needed) expect(neededByThose(String(name))).toBe(true);
  });

  it('name file and line of a package in a stack', async () => {
    const { output } = await node(`
      const { DataSource } = load('typeorm');
      new DataSource({ type: 'postgres' }).query('SELECT 1').catch(({ stack }) => console.log(stack));`);
    const [, file = '', line] = /at DataSource\d*\.query \((.+):(\d+):\d+\)/.exec(output) ?? [];
    expect(file).toBe(`${ROOT}/node_modules/typeorm/data-source/DataSource.js`);
    const named = readFileSync(file, 'utf8').split('\n')[Number(line) - 1];
    expect(named).toContain('.query(');
  });

  it('have functions and classes of the same names', async () => {
    const { output } = await node(`
      const differing = [];
      for (const name of ['@nestjs/common', '@nestjs/core', '@nestjs/jwt', '@nestjs/terminus', 'express', 'rxjs', 'pg', 'typeorm']) {
        const installed = require(require.resolve(name, { paths: [${JSON.stringify(ROOT)}] }));
        for (const [key, value] of Object.entries(load(name)))
          if (typeof value === 'function' && value.name !== installed[key].name) differing.push([name, key, value.name]);
      }
      console.log(JSON.stringify(differing));`);
    expect(JSON.parse(output)).toEqual([]);
  });

  it('give no function anew the name that it has', () => {
    const text = readFileSync(built('bundle/index.js'), 'utf8');
    expect(text).toMatch(/__name\(\w+2, "\w+"\)/); // what had to be renamed
    const needless = [
      ...text.matchAll(/__name\((\w+), "\1"\)|__name\(function (\w+)\([^()]*\) \{\s*\}, "\2"\)/g),
    ];
    expect(needless.map(([call]) => call)).toEqual([]);
  });

  it('say what is left out of them to whoever uses that', async () => {
    const { output } = await node(`new (load('typeorm').DataSource)({ type: 'mysql' });`);
    expect(output).toMatch(/typeorm\/driver\/mysql\/MysqlDriver\.js is left out of the build/);
  });

  it('are one copy each, for whoever asks', async () => {
    const { output } = await node(`
      const typeorm = load('typeorm');
      const { getDataSourceToken } = load('@nestjs/typeorm');
      console.log(getDataSourceToken() === typeorm.DataSource, new typeorm.DataSource({ type: 'postgres' }).driver.postgres === load('pg'));`);
    expect(output).toBe('true true\n');
  });
});

describe('the files of a build', () => {
  const node = (script: string) => run(process.execPath, ['--enable-source-maps', '-e', script]);
  const load = `const load = require(${JSON.stringify(built('own/load.cjs'))});`;

  it('are loaded by a program from one file, compiled before', async () => {
    const { status, output } = await node(`
      ${load}
      load('src/bootstrap/create-app.js');
      const files = Object.keys(require.cache).filter((file) => /\\/(src|migrations)\\//.test(file));
      console.log(JSON.stringify({ files, compiled: load.codeCache.used }));`);
    expect({ status, output }).toEqual({ status: 0, output: '{"files":[],"compiled":true}\n' });
  });

  it('name file and line of the source in a stack', async () => {
    const { output } = await node(`
      ${load}
      try { load('src/common/cursor.js').decodeCursor(null, null) } catch ({ stack }) { console.log(stack) }`);
    const [, file = '', line] = /at \S*decodeCursor \((.+):(\d+):\d+\)/.exec(output) ?? [];
    expect(file).toBe(`${ROOT}/src/common/cursor.ts`);
    expect(Number(line)).toBeGreaterThan(functionLine(file, 'decodeCursor'));
  });

  it('are what their own files are, in both ways of loading them', async () => {
    const { output } = await node(`
      ${load}
      const differing = [];
      for (const path of ['src/config/settings.js', 'src/passwords/hash-formats.js', 'src/common/logging/logger.js']) {
        const own = load(path), file = require(${JSON.stringify(built('.'))} + '/' + path);
        for (const [name, value] of Object.entries(file))
          if (String(own[name]) !== String(value)) differing.push([path, name]);
      }
      console.log(JSON.stringify(differing), load('src/common/version.js') === load('src/common/version.js'));`);
    expect(output).toBe('[] true\n');
  });
});

function functionLine(file: string, name: string): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const at = lines.findIndex((line) => line.includes(`function ${name}`));
  expect(at).toBeGreaterThan(-1);
  return at;
}

/** Whether a package is a dependency, at any depth, of those that are left alone. */
function neededByThose(name: string): boolean {
  const { packages } = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as {
    packages: Record<
      string,
      { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> }
    >;
  };
  const found = new Set(LEFT_ALONE);
  for (const each of found) {
    const { dependencies, optionalDependencies } = packages[`node_modules/${each}`] ?? {};
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) found.add(dependency);
  }
  return [...found].some((each) => each === name || each.startsWith(`${name}/`));
}
