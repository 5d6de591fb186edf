import 'reflect-metadata';
import { Controller, Get, Inject, Module, Res, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuthUnavailableError, type AuthClient, type UserContext } from '@promptstack/auth-client';
import {
  AUTH_CLIENT,
  AuthClientGuard,
  AuthClientModule,
  CurrentUser,
  RequireDomain,
} from '@promptstack/auth-client/nest';

/** Who is signed in, and what only some may see. */
@Controller()
@UseGuards(AuthClientGuard)
class ReportsController {
  @Get('me')
  me(@CurrentUser() user: UserContext) {
    return { id: user.id, email: user.email };
  }

  @Get('reports')
  @RequireDomain('engineering')
  reports(@CurrentUser() user: UserContext) {
    return { for: user.name, reports: ['Builds of this week'] };
  }
}

/** Open to everybody: whether tokens can be verified from memory at the moment. */
@Controller('health')
class HealthController {
  constructor(@Inject(AUTH_CLIENT) private readonly auth: AuthClient) {}

  @Get()
  async health(@Res({ passthrough: true }) response: { status(code: number): void }) {
    try {
      await this.auth.ready();
      return { status: 'ok' };
    } catch (error) {
      if (!(error instanceof AuthUnavailableError)) throw error;
      response.status(503);
      return { status: 'error', reason: error.reason };
    }
  }
}

// Several base addresses, where there are several replicas without a load balancer before them.
const url = (process.env.AUTH_URL ?? 'http://localhost:8001').split(',');

@Module({
  imports: [
    AuthClientModule.forRoot({
      url,
      ...(process.env.AUTH_KEY && { key: process.env.AUTH_KEY }),
      timeoutMs: 2_000, // then 503: a caller of ours should not wait longer
    }),
  ],
  controllers: [ReportsController, HealthController],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks();
  await app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
}

void main();
