import './bootstrap/node-version-check';
import 'reflect-metadata';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { loadConfiguration, type Configuration } from './config/configuration';
import { ConfigurationError } from './config/configuration-error';
import { DatabaseConfig } from './config/database.config';
import { processEnvironment } from './config/environment';
import type { HttpConfig } from './config/http.config';
import { ShutdownState } from './common/shutdown-state';
import { systemErrorSentence } from './common/system-error';
import { createApp } from './bootstrap/create-app';
import { DatabaseStarter } from './database/database-starter';
import { startDevelopmentDatabase, type DevelopmentDatabase } from './bootstrap/development-database';
import { withDevelopmentSecret } from './bootstrap/development-secret';
import { onParentExit } from './bootstrap/on-parent-exit';
import { shutDown } from './bootstrap/shutdown';
import { warnAtStart, warnWhenListening } from './bootstrap/start-warnings';
import { startupBanner } from './bootstrap/startup-banner';

/** A stop that has not ended by itself this long after its own limits is ended. */
const STOP_MARGIN_MS = 5_000;

/** The last one comes when the terminal is closed. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What has been started so far, and has to be ended. */
interface Started {
  app?: NestExpressApplication<Server>;
  logger?: Logger;
  /** Also while it starts. */
  embedded?: Promise<DevelopmentDatabase>;
}

async function main(): Promise<void> {
  // Whoever read our output may go before us.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const environment = withDevelopmentSecret(processEnvironment());
  const configuration = loadConfiguration(environment.variables, environment);
  const started: Started = {};
  const stop = shutdownHandler(configuration.http, started);
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop(0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      started.logger?.fatal({ err: error }, 'unexpected error: the service stops');
      if (started.app) stop(1);
      else fail(error);
    });
  }
  if (!configuration.http.production && environment.variables.npm_lifecycle_event !== undefined)
    onParentExit(() => stop(0));
  try {
    await start(configuration, started);
  } catch (error) {
    await stopEmbedded(started);
    throw error;
  }
}

async function start(configuration: Configuration, started: Started): Promise<void> {
  if (configuration.database.url === undefined) started.embedded = startDevelopmentDatabase();
  const embedded = await started.embedded;
  const { app, logger } = await createApp(withDatabase(configuration, embedded));
  started.app = app;
  started.logger = logger;
  warnAtStart(logger, configuration);
  await app.listen(configuration.http.port);
  const address = app.getHttpServer().address() as AddressInfo;
  const { port } = address;
  logger.info({ port }, 'listening');
  warnWhenListening(logger, configuration, address);
  const database = app.get(DatabaseStarter);
  await database.ready;
  await app.get(ShutdownState).started();
  if (database.isReady && !configuration.http.production) {
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

/** A function that ends the process in order, with a status; only its first call does anything. */
function shutdownHandler(http: HttpConfig, started: Started): (status: number) => void {
  let stopping = false;
  const stop = async (status: number) => {
    if (stopping) return;
    stopping = true;
    const limit = (http.drainSeconds + http.shutdownGraceSeconds) * 1000 + STOP_MARGIN_MS;
    setTimeout(() => process.exit(1), limit).unref();
    const finished = started.app === undefined || (await shutDown(started.app));
    await stopEmbedded(started);
    process.exit(finished ? status : 1);
  };
  return (status) => void stop(status).catch(fail);
}

async function stopEmbedded({ embedded }: Started): Promise<void> {
  const server = await embedded?.catch(() => undefined);
  await server?.stop();
}

function fail(error: unknown): void {
  const text =
    error instanceof ConfigurationError
      ? error.message
      : (systemErrorSentence(error, 'PORT=8002 npm start') ?? `The service cannot go on: ${String(error)}`);
  process.stderr.write(`${text}\n`, () => process.exit(1));
}

main().catch(fail);
