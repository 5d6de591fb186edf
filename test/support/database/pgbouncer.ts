import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { startSystemServer, type SystemServer } from '../process/debian';

/** Where Debian has it. */
export const PGBOUNCER = '/usr/sbin/pgbouncer';

export type PoolMode = 'session' | 'transaction' | 'statement';

/** PgBouncer before one server. */
export interface PgBouncer extends SystemServer {
  /** The URL of a database that leads through it. */
  url(databaseUrl: string): string;
  /** Has its settings read again. */
  setMode(mode: PoolMode): void;
}

/** Starts Debian's PgBouncer, as Debian sets it up but for what a test must set. */
export async function startPgBouncer(databaseUrl: string, mode: PoolMode): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
  let configFile = '';
  const config = (port: number, poolMode: PoolMode) => `
[databases]
* = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode}
default_pool_size = 30
max_client_conn = 200
`;
  const server = await startSystemServer({
    program: PGBOUNCER,
    unprivileged: true,
    args: (place) => [(configFile = place.configFile)],
    config: ({ port }) => config(port, mode),
  });
  return {
    ...server,
    url(of) {
      const url = new URL(of);
      url.host = `127.0.0.1:${server.port}`;
      return url.href;
    },
    setMode(next) {
      writeFileSync(configFile, config(server.port, next));
      server.process.kill('SIGHUP');
    },
  };
}

/** Whether it carries prepared statements in transaction mode, which 1.21 learnt. */
export function carriesPreparedStatements(): boolean {
  const output = execFileSync(PGBOUNCER, ['--version'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(output) ?? [];
  return Number(major) > 1 || Number(minor) >= 21;
}
