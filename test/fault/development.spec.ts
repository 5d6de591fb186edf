import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from '../support/http/accounts';
import { built } from '../support/process/build';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { send } from '../support/http/http';
import { NODE, PATH } from '../support/process/node';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase } from '../support/database/test-database';

const MAIN = built('src/main.js');

describe('a service without DATABASE_URL', () => {
  let directory: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-dev-'));
    // `npm start` as in our package.json, without the build.
    const scripts = { start: `node --enable-source-maps ${MAIN}` };
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'started-by-npm', scripts }));
  });

  afterEach(async () => {
    for (const child of children.splice(0)) killGroup(child);
    const postmaster = postmasterPid();
    if (postmaster !== undefined && isRunning(postmaster)) process.kill(postmaster, 'SIGQUIT');
    await eventually('the database is gone', databaseIsGone);
    rmSync(directory, { recursive: true, force: true });
  });

  interface Started {
    readonly child: ChildProcess;
    readonly output: () => string;
    readonly service: Promise<Pick<Service, 'url' | 'port'>>;
  }

  function start(program: string, args: readonly string[], env: Record<string, string> = {}): Started {
    const child = spawn(program, args, {
      cwd: directory,
      env: { PATH, HOME: directory, PORT: '0', AUTH_PASSWORD_HASH_COST: '4', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, which can be cleared up whole
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const service = eventually('it listens', () => {
      const port = /"port":(\d+)/.exec(output)?.[1];
      return port === undefined ? undefined : { url: `http://127.0.0.1:${port}`, port: Number(port) };
    });
    service.catch(() => undefined);
    return { child, output: () => output, service };
  }

  const startNode = (env?: Record<string, string>) => start(NODE, [MAIN], env);
  const startNpm = () => start('npm', ['start', '--silent']);

  function postmasterPid(): number | undefined {
    try {
      return Number(
        readFileSync(join(directory, '.data/postgres/data/postmaster.pid'), 'utf8').split('\n')[0],
      );
    } catch {
      return undefined;
    }
  }

  const databaseIsGone = () => {
    const pid = postmasterPid();
    return pid === undefined || !isRunning(pid) || undefined;
  };

  it('starts a database of its own, keeps it and who is signed in, and stops it', async () => {
    const first = startNode();
    await untilReady(await first.service);
    const account = await register(await first.service);
    first.child.kill('SIGTERM');
    expect(await ended(first.child)).toBe(0);
    expect(databaseIsGone()).toBe(true);

    const second = startNode();
    await untilReady(await second.service);
    const login = await send(await second.service, 'POST', '/auth/login', {
      body: { email: account.email, password: account.password },
    });
    expect(login.status).toBe(200);
    const body = { token: account.token };
    const validated = await send(await second.service, 'POST', '/auth/validate', { body });
    expect(validated.body).toMatchObject({ valid: true, user: { email: account.email } });
    const secret = join(directory, '.data/jwt-secret');
    expect(statSync(secret).mode & 0o777).toBe(0o600);
    expect(second.output()).not.toContain(readFileSync(secret, 'utf8'));
    second.child.kill('SIGINT');
    expect(await ended(second.child)).toBe(0);
    expect(databaseIsGone()).toBe(true);
  });

  it('stops it when the terminal is closed', async () => {
    const { child, service } = startNode();
    await untilReady(await service);
    child.kill('SIGHUP');
    expect(await ended(child)).toBe(0);
    expect(databaseIsGone()).toBe(true);
  });

  it('leaves no database behind when it is told to stop while that starts', async () => {
    const { child, output } = startNode();
    await eventually('it makes the database', () => /Creating a PostgreSQL/.test(output()) || undefined);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(databaseIsGone()).toBe(true);
  });

  it('leaves no database behind when its port is taken', async () => {
    const database = await createTestDatabase();
    const other = await startService({ databaseUrl: database.url });
    try {
      const { child, output } = startNode({ PORT: String(other.port) });
      expect(await ended(child)).toBe(1);
      expect(output()).toMatch(/Port \d+ is taken by another program: .* PORT=8002 npm start/);
      expect(databaseIsGone()).toBe(true);
    } finally {
      await other.stop();
      await database.drop();
    }
  });

  it('ends with npm when npm is told to stop', async () => {
    const { child, service } = startNpm();
    await untilReady(await service);
    child.kill('SIGTERM');
    await once(child, 'exit');
    await eventually('the service is gone', () => isGone(service));
    await eventually('the database is gone', databaseIsGone);
  });

  it('ends when npm is killed, so that port and data are free for the next start', async () => {
    const { child, service } = startNpm();
    await untilReady(await service);
    child.kill('SIGKILL');
    await eventually('the service is gone', () => isGone(service));
    await eventually('the database is gone', databaseIsGone);
  });
});

async function isGone(service: Promise<{ readonly url: string }>): Promise<true | undefined> {
  return send(await service, 'GET', '/health/live').then(
    () => undefined,
    () => true,
  );
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // all of them have ended
  }
}

/** A process that has ended and whose parent has not noticed yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
