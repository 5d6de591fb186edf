import { chmodSync } from 'node:fs';
import {
  freePort,
  startSystemServer,
  type SystemServer,
  type SystemServerOptions,
} from '../../support/process/debian';

/**
 * Starts a server of Erlang together with a name server (epmd) of its own, which would stay behind otherwise. The folder is readable
 * and writable by the user that the server changes to.
 */
export async function startErlang(
  options: Omit<SystemServerOptions, 'args' | 'program'> & {
    readonly command: (place: { folder: string; port: number; configFile: string }) => string;
  },
): Promise<SystemServer> {
  const namesPort = await freePort();
  const names = await startSystemServer({
    program: '/usr/bin/epmd',
    args: () => ['-port', String(namesPort), '-address', '127.0.0.1'],
    config: () => '',
    listensOn: namesPort,
  });
  const server = await startSystemServer({
    ...options,
    program: '/bin/sh',
    args: (place) => {
      chmodSync(place.folder, 0o777);
      return ['-c', `export ERL_EPMD_PORT=${namesPort}; ${options.command(place)}`];
    },
    group: true,
  }).catch(async (error: unknown) => {
    await names.stop();
    throw error;
  });
  const stop = async () => {
    await server.stop();
    await names.stop();
  };
  return { ...server, stop };
}
