import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadConfiguration, processEnvironment, type Configuration } from './config/configuration';
import { ConfigurationError } from './config/configuration-error';
import { DatabaseConfig } from './config/database.config';
import { createApp } from './create-app';
import { DatabaseStarter } from './database/database-starter';
import { startDevelopmentDatabase, type DevelopmentDatabase } from './development-database';
import { shutDown } from './shutdown';
import { welcome } from './welcome';

/** A stop that has not ended by itself this long after its own limits is ended. */
const STOP_MARGIN_MS = 5_000;

async function main(): Promise<void> {
  const configuration = loadConfiguration(processEnvironment());
  const embedded = configuration.database.url === undefined ? await startDevelopmentDatabase() : undefined;
  const { app, logger } = await createApp(withDatabase(configuration, embedded));
  for (const warning of configuration.warnings) logger.warn(warning);
  stopOnSignals(app, configuration, embedded);
  await app.listen(configuration.http.port);
  const { port } = app.getHttpServer().address() as AddressInfo;
  logger.info({ port }, 'listening');
  await app.get(DatabaseStarter).ready;
  if (!configuration.http.production) process.stdout.write(welcome(port, configuration, embedded?.directory));
}

function withDatabase(
  configuration: Configuration,
  embedded: DevelopmentDatabase | undefined,
): Configuration {
  if (!embedded) return configuration;
  return { ...configuration, database: new DatabaseConfig({ ...configuration.database, url: embedded.url }) };
}

function stopOnSignals(
  app: NestExpressApplication<Server>,
  { http }: Configuration,
  embedded: DevelopmentDatabase | undefined,
): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const limit = (http.drainSeconds + http.shutdownGraceSeconds) * 1000 + STOP_MARGIN_MS;
    setTimeout(() => process.exit(1), limit).unref();
    const finished = await shutDown(app);
    await embedded?.stop();
    process.exit(finished ? 0 : 1);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

main().catch((error: unknown) => {
  const text =
    error instanceof ConfigurationError ? error.message : `The service cannot start: ${String(error)}`;
  process.stderr.write(`${text}\n`, () => process.exit(1));
});
