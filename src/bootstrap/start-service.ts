import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ShutdownState } from '../common/shutdown-state';
import type { Configuration } from '../config/configuration';
import { DatabaseConfig } from '../config/database.config';
import { DatabaseStarter } from '../database/database-starter';
import { createApp } from './create-app';
import {
  startDevelopmentDatabase,
  stopDevelopmentDatabase,
  type DevelopmentDatabase,
} from './development-database';
import { speaksForAll } from './speaks-for-all';
import { warnAtStart, warnWhenListening } from './start-warnings';
import { startupBanner } from './startup-banner';

/** What has been started so far, and must be stopped. */
export interface Started {
  app?: NestExpressApplication<Server>;
  logger?: Logger;
  /** Set already while it starts. */
  embedded?: Promise<DevelopmentDatabase>;
}

/** Starts everything until the service is ready. Records in `started` what it starts, at once. */
export async function startService(configuration: Configuration, started: Started): Promise<void> {
  try {
    await start(configuration, started);
  } catch (error) {
    await stopDevelopmentDatabase(started.embedded);
    throw error;
  }
}

async function start(configuration: Configuration, started: Started): Promise<void> {
  if (configuration.database.url === undefined) started.embedded = startDevelopmentDatabase();
  const embedded = await started.embedded;
  const { app, logger } = await createApp(withDatabase(configuration, embedded));
  started.app = app;
  started.logger = logger;
  if (speaksForAll()) warnAtStart(logger, configuration);
  await app.listen(configuration.http.port);
  const address = app.getHttpServer().address() as AddressInfo;
  const { port } = address;
  logger.info({ port }, 'listening');
  if (speaksForAll()) warnWhenListening(logger, configuration, address);
  const database = app.get(DatabaseStarter);
  await database.ready;
  await app.get(ShutdownState).started();
  if (database.isReady && !configuration.http.production && speaksForAll()) {
    process.stdout.write(startupBanner(port, configuration, embedded?.directory));
  }
}

function withDatabase(
  configuration: Configuration,
  embedded: DevelopmentDatabase | undefined,
): Configuration {
  if (!embedded) return configuration;
  return { ...configuration, database: new DatabaseConfig({ ...configuration.database, url: embedded.url }) };
}
