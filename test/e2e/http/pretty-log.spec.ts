import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { built } from '../../support/process/build';
import { NODE, PATH } from '../../support/process/node';
import { TEST_SECRET } from '../../support/process/service';

/** Runs the built service in a terminal of its own until it has said why it does not start. */
function startInTerminal(env: Record<string, string>): Promise<string> {
  const command = `${NODE} ${built('src/main.js')}`;
  return new Promise((resolve) => {
    const child = execFile(
      'script',
      ['--quiet', '--return', '--command', command, '/dev/null'],
      {
        cwd: tmpdir(),
        env: {
          PATH,
          PORT: '0',
          DATABASE_URL: 'postgresql://nobody:x@127.0.0.1:9/none',
          AUTH_JWT_SECRET_KEY: TEST_SECRET,
          ...env,
        },
      },
      () => undefined,
    );
    let output = '';
    child.stdout?.on('data', (chunk: string) => {
      output += chunk;
      if (output.includes('trying again')) child.kill('SIGTERM');
    });
    child.on('close', () => resolve(output));
  });
}

describe('the log in a terminal', () => {
  it('is written for people', async () => {
    const output = await startInTerminal({});
    expect(output).toMatch(/\d{2}:\d{2}:\d{2}\.\d{3}.*INFO .*listening/);
    expect(output).not.toMatch(/^\{/m);
  });

  it.each([
    ['AUTH_LOG_FORMAT', 'json'],
    ['NODE_ENV', 'production'],
  ])('is JSON with %s=%s', async (name, value) => {
    expect(await startInTerminal({ [name]: value })).toMatch(/^\{"level":"info".*"msg":"listening"/m);
  });
});
