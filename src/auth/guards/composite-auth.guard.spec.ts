import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { JsonWebTokenError } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import type { NestExpressApplication } from '@nestjs/platform-express';
import passport from 'passport';
import { Strategy } from 'passport-custom';
import { AppError } from '../../common/errors/app-error';
import { DevelopmentConfig } from '../../config/development.config';
import { FederationConfig } from '../../config/federation.config';
import { HttpConfig } from '../../config/http.config';
import { ProblemsModule } from '../../http/problems/problems.module';
import { CurrentUser } from '../../security/current-user.decorator';
import type { IdentityContext } from '../../security/identity-context';
import { userPrincipal, type UserPrincipal } from '../../security/principal';
import { Public } from '../../security/public.decorator';
import { CompositeAuthGuard } from './composite-auth.guard';

const USER = userPrincipal({
  method: 'local-jwt',
  identity: { id: 'a-user' } as Partial<IdentityContext> as IdentityContext,
  authenticationAge: 0,
});

/** What the only strategy of the probe comes to, by the header of a request: a user, or why there is none. */
const OUTCOMES: Readonly<
  Record<string, (done: (error?: unknown, user?: unknown, info?: unknown) => void) => void>
> = {
  user: (done) => done(null, USER),
  'not mine': (done) => done(null, false),
  refused: (done) => done(new AppError('invalid-token', { reason: 'session' })),
  'failed with the error of the library': (done) =>
    done(null, false, new JsonWebTokenError('invalid signature')),
  'failed with another error': (done) => done(null, false, new TypeError('a fault of ours')),
  'an outage': (done) => done(new AppError('service-unavailable')),
  'an error that nobody expects': (done) => done(new Error('a fault of ours')),
};

@Controller()
class ProbeController {
  @Get()
  closed(@CurrentUser() { identity }: UserPrincipal): string {
    return identity.id;
  }

  @Public()
  @Get('public')
  open(): string {
    return 'done';
  }
}

@Module({
  imports: [
    PassportModule.register({ property: 'principal' }),
    ProblemsModule.forRoot({ translators: [], observer: { useFactory: () => () => undefined } }),
  ],
  controllers: [ProbeController],
  providers: [
    { provide: DevelopmentConfig, useValue: { devHeaders: false } },
    { provide: FederationConfig, useValue: { issuers: [] } },
    { provide: HttpConfig, useValue: { production: true } },
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
  ],
})
class ProbeModule {}

describe('CompositeAuthGuard', () => {
  let app: NestExpressApplication;

  beforeAll(async () => {
    passport.use('service-key', new Strategy((_request, done) => done(null, false))); // comes first, and owns nothing here
    passport.use(
      'local-jwt',
      new Strategy(({ headers }, done) => OUTCOMES[String(headers['x-outcome'])]?.(done)),
    );
    app = await NestFactory.create<NestExpressApplication>(ProbeModule, { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  const get = async (path: string, outcome = 'not mine') => {
    const answer = await fetch(`${await app.getUrl()}/${path}`, { headers: { 'X-Outcome': outcome } });
    const text = await answer.text();
    return { status: answer.status, said: /"code":"([^"]*)"/.exec(text)?.[1] ?? text };
  };

  it.each([
    ['user', 200, 'a-user'],
    ['not mine', 401, 'authentication-required'],
    ['refused', 401, 'invalid-token'],
    ['failed with the error of the library', 401, 'invalid-token'],
    ['failed with another error', 500, 'internal-error'],
    ['an outage', 503, 'service-unavailable'],
    ['an error that nobody expects', 500, 'internal-error'],
  ])('R47 a strategy that comes to "%s" is answered %i %s', async (outcome, status, said) => {
    expect(await get('', outcome)).toEqual({ status, said });
  });

  it('asks nobody on a public route', async () => {
    expect(await get('public', 'an outage')).toEqual({ status: 200, said: 'done' });
  });
});
