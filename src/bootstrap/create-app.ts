import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import { AppModule } from '../app.module';
import { HttpServerAdapter } from '../http/http-server-adapter';
import { createLogger, NestLogger } from '../common/logging/logger';
import type { Configuration } from '../config/configuration';
import { configureHttp } from './configure-http';

/** Creates the application of a configuration, not yet listening, and its logger. */
export async function createApp(configuration: Configuration) {
  const logger = createLogger(configuration.logging.level, { format: configuration.logging.format });
  const app = await NestFactory.create<NestExpressApplication<Server>>(
    AppModule.forRoot(configuration),
    new HttpServerAdapter(configuration.http),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  configureHttp(app, logger);
  return { app, logger };
}
