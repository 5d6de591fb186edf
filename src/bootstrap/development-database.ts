import { resolve } from 'node:path';

/** The embedded PostgreSQL, for development. */
export interface DevelopmentDatabase {
  readonly url: string;
  readonly directory: string;
  stop(): Promise<void>;
}

const DIRECTORY = '.data';

/**
 * Starts the embedded PostgreSQL, or joins a running one, with its data in `.data/` of the working directory. Its program is
 * loaded only here, and is not part of the production image.
 */
export async function startDevelopmentDatabase(
  output: NodeJS.WritableStream = process.stdout,
): Promise<DevelopmentDatabase> {
  const directory = resolve(DIRECTORY);
  const { startEmbeddedPostgres } = await import('@promptstack/dev-services/embedded-postgres');
  const server = await startEmbeddedPostgres({
    directory,
    log: (line) => output.write(`${line}\n`),
  });
  return { url: server.url, directory, stop: () => server.stop() };
}

/** Stops it, also while it is starting; does nothing if the start failed. */
export async function stopDevelopmentDatabase(
  starting: Promise<DevelopmentDatabase> | undefined,
): Promise<void> {
  const database = await starting?.catch(() => undefined);
  await database?.stop();
}
