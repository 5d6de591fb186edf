import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith } from '../support/process/debian';
import { ROOT, run } from '../support/process/program';

const PYTHON = '/usr/bin/python3';
const LIBRARIES = ['httpx', 'fastapi', 'starlette', 'setuptools', 'wheel', 'pip'].map(
  (name) => `/usr/lib/python3/dist-packages/${name}`,
);
const LIMIT_MS = 120_000;

/** The kit for Python, as its wheel installs it, on Debian's libraries, before the test double. */
describeWith([PYTHON, ...LIBRARIES])('the Python client', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-python-'));
    cpSync(join(ROOT, 'clients/python'), join(folder, 'source'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it(
    'is built as a wheel, and passes its tests from it',
    async () => {
      const offline = ['--no-deps', '--no-index', '--no-build-isolation', '--disable-pip-version-check'];
      const environment = { HOME: folder };
      const built = await run(
        PYTHON,
        ['-m', 'pip', 'wheel', ...offline, '-w', folder, './source'],
        environment,
        folder,
      );
      expect(built).toMatchObject({ status: 0 });
      const [wheel = ''] = readdirSync(folder).filter((name) => name.endsWith('.whl'));
      expect(wheel).toBe('promptstack_auth-1.1.0-py3-none-any.whl');
      const built2 = await run('npm', ['run', '-s', 'build', '-w', '@promptstack/auth-client'], {
        HOME: folder,
      });
      expect(built2).toMatchObject({ status: 0 });
      const double = [process.execPath, join(ROOT, 'packages/client/dist/test-double/cli.js')];
      const tests = join(folder, 'source/tests/test_kit.py');
      const { status, output } = await run(
        PYTHON,
        ['-W', 'ignore', tests],
        { PYTHONPATH: join(folder, wheel), DOUBLE: JSON.stringify(double) },
        folder,
      );
      expect(output).toMatch(/^OK$/m);
      expect(status).toBe(0);
    },
    LIMIT_MS,
  );
});
