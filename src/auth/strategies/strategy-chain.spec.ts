import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import passport from 'passport';
import { AppModule } from '../../app.module';
import { loadConfiguration } from '../../config/configuration';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { strategyChain } from './strategy-chain';

const PROVIDER = { issuer: 'https://idp.example' } as Partial<OidcIssuer> as OidcIssuer;

describe('strategyChain', () => {
  it.each([
    [false, [], ['service-key', 'local-jwt']],
    [true, [], ['dev-header', 'service-key', 'local-jwt']],
    [false, [PROVIDER], ['service-key', 'local-jwt', 'oidc']],
    [true, [PROVIDER], ['dev-header', 'service-key', 'local-jwt', 'oidc']],
  ])('with development headers %s and the providers %j: %j', (devHeaders, issuers, expected) => {
    expect(strategyChain({ devHeaders }, { issuers }).map(({ name }) => name)).toEqual(expected);
  });
});

describe('the strategies that passport knows', () => {
  const DEV_HEADERS = { AUTH_ALLOW_DEV_HEADERS: 'true' };
  const OIDC = { AUTH_OIDC_ISSUER: 'https://login.example.com', AUTH_OIDC_AUDIENCE: 'app' };

  /** Passport keeps them for the whole process; its types do not tell. */
  const known = () => Object.keys((passport as unknown as { _strategies: object })._strategies);

  it.each([
    ['nothing', {}, ['local-jwt', 'service-key']],
    ['development headers', DEV_HEADERS, ['dev-header', 'local-jwt', 'service-key']],
    ['a provider', OIDC, ['local-jwt', 'oidc', 'service-key']],
    ['both', { ...DEV_HEADERS, ...OIDC }, ['dev-header', 'local-jwt', 'oidc', 'service-key']],
  ])('with %s switched on are those of the chain, and no others', async (_what, env, expected) => {
    known().forEach((name) => passport.unuse(name));
    const configuration = loadConfiguration({
      NODE_ENV: 'test',
      AUTH_JWT_SECRET_KEY: 'k'.repeat(8).padEnd(40, 'xyz0'),
      ...env,
    });
    const app = await NestFactory.create(AppModule.forRoot(configuration), { logger: false });
    await app.close();
    expect(
      known()
        .filter((name) => name !== 'session')
        .sort(),
    ).toEqual(expected);
  });
});
