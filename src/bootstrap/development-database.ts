import { resolve } from 'node:path';

/** A PostgreSQL of our own, for development. */
export interface DevelopmentDatabase {
  readonly url: string;
  readonly directory: string;
  stop(): Promise<void>;
}

const DIRECTORY = '.data';

/**
 * Starts the embedded PostgreSQL, or finds it running, with its data in `.data/` of the working directory. Its program is
 * loaded only here, and is no part of the production image.
 */
export async function startDevelopmentDatabase(): Promise<DevelopmentDatabase> {
  const directory = resolve(DIRECTORY);
  const { startEmbeddedPostgres } = await import('@promptstack/dev-services/embedded-postgres');
  const server = await startEmbeddedPostgres({
    directory,
    log: (line) => process.stdout.write(`${line}\n`),
  });
  return { url: server.url, directory, stop: () => server.stop() };
}

/** Stops it, also when it is still starting; one that did not start has nothing to stop. */
export async function stopDevelopmentDatabase(
  starting: Promise<DevelopmentDatabase> | undefined,
): Promise<void> {
  const database = await starting?.catch(() => undefined);
  await database?.stop();
}
