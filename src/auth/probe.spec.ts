import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createSecretKey } from 'node:crypto';
import type { Clock } from '../common/clock';
import { AppError } from '../common/errors/app-error';
import { DevelopmentConfig } from '../config/development.config';
import { FederationConfig } from '../config/federation.config';
import { HttpConfig } from '../config/http.config';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { TokenConfig } from '../config/token.config';
import { DevHeaderIdentities } from '../identity/dev-header-identities';
import { ProblemsModule } from '../http/problems/problems.module';
import { CurrentUser } from '../security/current-user.decorator';
import type { IdentityContext } from '../security/identity-context';
import type { UserPrincipal } from '../security/principal';
import { Public } from '../security/public.decorator';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import { AccessTokens, refused } from '../tokens/access-tokens';
import type { KeyRing } from '../tokens/key-ring';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { DevHeaderStrategy } from './strategies/dev-header.strategy';
import { LocalJwtStrategy } from './strategies/local-jwt.strategy';
import { ServiceKeyStrategy } from './strategies/service-key.strategy';
import { OidcStrategy } from './strategies/oidc.strategy';
import { TokenAuthenticator } from './token-authenticator';

const UID = '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11';
const SID = 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11';
const IDP = 'https://idp.example';
const NOW = 1_800_000_000;
const KEY = createSecretKey(Buffer.alloc(32, 'k'));
const IDENTITY = {
  id: UID,
  email: 'ada@example.com',
  isActive: true,
} as Partial<IdentityContext> as IdentityContext;
const SESSION = { authenticatedAt: new Date(NOW), authenticationAge: 0, authMethods: [], tokenVersion: 0 };

const jwt = new JwtService({});
const CONFIG = {
  issuer: 'promptstack-auth',
  audience: undefined,
  leewaySeconds: 0,
} as Partial<TokenConfig> as TokenConfig;
const clock: Clock = { now: () => NOW * 1_000 };
const tokens = new AccessTokens(
  CONFIG,
  { algorithms: ['HS256'], find: () => KEY } as Partial<KeyRing> as KeyRing,
  jwt,
  clock,
);
const neighbours = {
  providers: { find: (iss: unknown) => (iss === IDP ? ({ issuer: IDP } as OidcIssuer) : undefined) },
  sessions: { find: () => Promise.resolve<unknown>({ identity: IDENTITY, session: SESSION }) },
  verifier: { verify: () => Promise.resolve({ authenticatedAt: NOW }) },
  identities: { resolve: () => Promise.resolve(IDENTITY) },
};
const { providers, sessions, verifier, identities } = neighbours;
/** Refuses every key and token. */
const services = { authenticateKey: () => Promise.reject(refused('service key')) };
const authenticator = new TokenAuthenticator(
  ...([providers, tokens, sessions, verifier, identities, clock] as unknown as ConstructorParameters<
    typeof TokenAuthenticator
  >),
);

@Controller()
class ProbeController {
  @Get()
  closed(@CurrentUser() { method }: UserPrincipal): string {
    return method;
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
    { provide: DevelopmentConfig, useValue: { devHeaders: true } },
    { provide: FederationConfig, useValue: { issuers: [{ issuer: IDP }] } },
    { provide: HttpConfig, useValue: { production: true } },
    { provide: AccessTokens, useValue: tokens },
    { provide: TokenAuthenticator, useValue: authenticator },
    { provide: ServiceAuthenticator, useValue: services },
    { provide: DevHeaderIdentities, useValue: { resolve: () => Promise.resolve(IDENTITY) } },
    DevHeaderStrategy,
    ServiceKeyStrategy,
    LocalJwtStrategy,
    OidcStrategy,
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
  ],
})
class ProbeModule {}

const CLAIMS = {
  iss: 'promptstack-auth',
  sub: IDENTITY.email,
  uid: UID,
  sid: SID,
  jti: SID,
  iat: NOW,
  exp: NOW + 60,
};

function mint(changes: object = {}, key = KEY): string {
  const header = { alg: 'HS256', typ: 'at+jwt' } as const;
  return jwt.sign({ ...CLAIMS, ...changes }, { privateKey: key as never, algorithm: 'HS256', header });
}

describe('the guard, its three strategies and the authenticator, over HTTP', () => {
  let app: NestExpressApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(ProbeModule, { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(() => app.close());

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${await app.getUrl()}/${path}`, { headers });
    const text = await answer.text();
    return [answer.status, /"code":"([^"]*)"/.exec(text)?.[1] ?? text];
  };
  const withToken = (token: string) => get('', { Authorization: `Bearer ${token}` });

  it('lets anybody in at a public route, whatever they bring', async () => {
    expect(await get('public')).toEqual([200, 'done']);
    expect(await get('public', { Authorization: 'Bearer x' })).toEqual([200, 'done']);
  });

  it('has each credential decided by its own strategy', async () => {
    expect(await withToken(mint())).toEqual([200, 'local-jwt']);
    expect(await withToken(mint({ iss: IDP }))).toEqual([200, 'oidc']);
    expect(await get('', { 'X-User-Email': 'ada@example.com' })).toEqual([200, 'dev-header']);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no header', {}, 'authentication-required'],
    ['another scheme', { Authorization: 'Basic eDp5' }, 'authentication-required'],
    ['no token behind the scheme', { Authorization: 'Bearer' }, 'authentication-required'],
    ['no token of ours', { Authorization: 'Bearer x' }, 'invalid-token'],
  ])('R47 answers 401 to %s', async (_what, headers, code) => {
    expect(await get('', headers)).toEqual([401, code]);
  });

  it.each([
    ['another issuer', mint({ iss: 'https://evil.example' })],
    ['an issuer that is nearly the provider', mint({ iss: `${IDP}/` })],
    ['an end that has come', mint({ exp: NOW })],
    ['another user', mint({ sub: 'eve@example.com' })],
    ['another key', mint({}, createSecretKey(Buffer.alloc(32, 'x')))],
  ])('R1 R8 R16 answers 401 to a token of %s', async (_what, token) => {
    expect(await withToken(token)).toEqual([401, 'invalid-token']);
  });

  it('R18 answers 401 to a session that has ended, and to a refused token of a provider', async () => {
    jest.spyOn(sessions, 'find').mockResolvedValue({ identity: IDENTITY, session: undefined });
    expect(await withToken(mint())).toEqual([401, 'invalid-token']);
    jest.spyOn(verifier, 'verify').mockRejectedValue(refused('signature'));
    expect(await withToken(mint({ iss: IDP }))).toEqual([401, 'invalid-token']);
  });

  it('R47 answers 503 to a good token while nobody can say whose it is', async () => {
    const outage = new AppError('service-unavailable');
    jest.spyOn(sessions, 'find').mockRejectedValue(outage);
    jest.spyOn(identities, 'resolve').mockRejectedValue(outage);
    expect(await withToken(mint())).toEqual([503, 'service-unavailable']);
    expect(await withToken(mint({ iss: IDP }))).toEqual([503, 'service-unavailable']);
  });
});
