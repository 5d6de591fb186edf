import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from './config.module';
import { loadConfiguration } from './configuration';
import { DatabaseConfig } from './database.config';
import { FederationConfig } from './federation.config';
import { HttpConfig } from './http.config';
import { LoggingConfig } from './logging.config';
import { PasswordConfig } from './password.config';
import { SessionConfig } from './session.config';
import { TokenConfig } from './token.config';

describe('ConfigModule', () => {
  afterEach(() => delete process.env.http);

  it('hands out the very slices that were parsed, whatever the environment holds by now', async () => {
    const configuration = loadConfiguration({});
    process.env.http = 'not a slice';
    const context = await NestFactory.createApplicationContext(ConfigModule.forRoot(configuration), {
      logger: false,
    });
    expect(context.get(FederationConfig)).toBe(configuration.federation);
    expect(context.get(DatabaseConfig)).toBe(configuration.database);
    expect(context.get(HttpConfig)).toBe(configuration.http);
    expect(context.get(SessionConfig)).toBe(configuration.sessions);
    expect(context.get(TokenConfig)).toBe(configuration.tokens);
    expect(context.get(PasswordConfig)).toBe(configuration.passwords);
    expect(context.get(LoggingConfig)).toBe(configuration.logging);
    await context.close();
  });
});
