import type { Request } from 'express';
import { aService, aUser } from '../../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../../test/support/unit/journal';
import { AppError } from '../../common/errors/app-error';
import type { DevHeaderIdentities } from '../../identity/dev-header-identities';
import type { IdentityContext } from '../../security/identity-context';
import type { ServiceAuthenticator } from '../../service-accounts/service-authenticator';
import type { AccessTokens } from '../../tokens/access-tokens';
import type { BearerCredential, TokenAuthenticator } from '../token-authenticator';
import { DevHeaderStrategy } from './dev-header.strategy';
import { LocalJwtStrategy } from './local-jwt.strategy';
import { OidcStrategy } from './oidc.strategy';
import { ServiceKeyStrategy } from './service-key.strategy';

const identity = { id: 'u1', email: 'ada@example.com' } as IdentityContext;

const requestWith = (headers: Record<string, string>) =>
  ({ headers, rawHeaders: Object.entries(headers).flat() }) as unknown as Request;

describe('DevHeaderStrategy', () => {
  const asked: unknown[][] = [];
  const identities = {
    resolve: (...names: unknown[]) => {
      asked.push(names);
      return names[0] === 'off@example.com'
        ? Promise.reject(new AppError('invalid-token', { reason: 'inactive user' }))
        : Promise.resolve(identity);
    },
  } as unknown as DevHeaderIdentities;
  const strategy = new DevHeaderStrategy(identities);

  beforeEach(() => asked.splice(0));

  it('passes on a request without its headers', async () => {
    expect(await strategy.validate(requestWith({ authorization: 'Bearer x' }))).toBeNull();
    expect(asked).toEqual([]);
  });

  it('answers the user of the headers as one who has authenticated at this moment', async () => {
    const principal = await strategy.validate(
      requestWith({ 'x-user-email': 'ada@example.com', 'x-user-name': 'Ada' }),
    );
    expect(principal).toMatchObject({ method: 'dev-header', identity, authenticationAge: 0 });
    expect(asked).toEqual([['ada@example.com', 'Ada']]);
  });

  it.each([
    ['UTF-8 as it comes from Node, in Latin-1', Buffer.from('Zoë').toString('latin1'), 'Zoë'],
    ['Latin-1 that is not UTF-8', 'Zo\u00eb', 'Zo\u00eb'],
  ])('reads a name in %s', async (_case, sent, read) => {
    await strategy.validate(requestWith({ 'x-user-email': 'ada@example.com', 'x-user-name': sent }));
    expect(asked).toEqual([['ada@example.com', read]]);
  });

  it('throws what refuses the user', async () => {
    const request = requestWith({ 'x-user-email': 'off@example.com' });
    await expect(strategy.validate(request)).rejects.toMatchObject({ code: 'invalid-token' });
  });
});

describe('OidcStrategy', () => {
  const principal = { kind: 'user', method: 'oidc', identity };
  const authenticator = {
    read: (text: string): BearerCredential =>
      ({
        token: { raw: text },
        provider: text.startsWith('provider') ? { issuer: 'i' } : undefined,
      }) as unknown as BearerCredential,
    authenticate: ({ token }: BearerCredential) =>
      token.raw === 'provider-down'
        ? Promise.reject(new AppError('service-unavailable'))
        : Promise.resolve(principal),
  } as unknown as TokenAuthenticator;
  const strategy = new OidcStrategy(authenticator);
  const bearer = (token: string) => requestWith({ authorization: `Bearer ${token}` });

  it('passes on a request without a bearer token, and a token of the service itself', async () => {
    expect(await strategy.validate(requestWith({}))).toBeNull();
    expect(await strategy.validate(bearer('own'))).toBeNull();
  });

  it('answers the user of a provider token', async () => {
    expect(await strategy.validate(bearer('provider-token'))).toBe(principal);
  });

  it('throws an outage as it is: it is not a refusal', async () => {
    await expect(strategy.validate(bearer('provider-down'))).rejects.toMatchObject({
      code: 'service-unavailable',
    });
  });

  it('refuses two tokens in one header', async () => {
    await expect(strategy.validate(bearer('provider-a provider-b'))).rejects.toMatchObject({
      code: 'malformed-authorization',
    });
  });
});

describe('ServiceKeyStrategy', () => {
  const [KEY, ACCOUNT] = ['psk_abcdefghijklmnopqrstuvwxyz', '0f7e9b1a-1111-4222-8333-444455556666'];
  const basic = (id: string, secret: string) =>
    requestWith({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });

  function strategyOf(authenticateKey: ServiceAuthenticator['authenticateKey'] = answers(aService())) {
    const journal = new Journal();
    const services = journal.fake<ServiceAuthenticator>('services', { authenticateKey });
    return { journal, strategy: new ServiceKeyStrategy(services) };
  }

  it.each([
    ['no credential', requestWith({})],
    ['a token', requestWith({ authorization: 'Bearer a.b.c' })],
    ['a password in HTTP Basic', basic('ada', 'correct horse')],
  ])('passes on a request with %s, and looks nothing up', async (_what, request) => {
    const { journal, strategy } = strategyOf();
    expect(await strategy.validate(request)).toBeNull();
    expect(journal.acts).toEqual([]);
  });

  it.each([
    ['as a bearer token', requestWith({ authorization: `bearer ${KEY}` }), [KEY, undefined]],
    ['with the id of its account', basic(ACCOUNT, KEY), [KEY, ACCOUNT]],
  ])('answers the service of a key %s', async (_how, request, asked) => {
    const { journal, strategy } = strategyOf();
    expect(await strategy.validate(request)).toEqual(aService());
    expect(journal.given('services.authenticateKey')).toEqual([asked]);
  });

  it.each(['invalid-token', 'service-unavailable'] as const)(
    'throws %s: the key is its own, nobody else is asked',
    async (code) => {
      const { strategy } = strategyOf(refuses(code));
      const request = requestWith({ authorization: `Bearer ${KEY}` });
      expect((await refusalOf(strategy.validate(request))).code).toBe(code);
    },
  );
});

describe('LocalJwtStrategy', () => {
  function strategyOf(
    provider: object | undefined,
    authenticator: Plan<TokenAuthenticator> = {},
    services: Plan<ServiceAuthenticator> = {},
  ) {
    const journal = new Journal();
    const strategy = new LocalJwtStrategy(
      { verifyOptions: { algorithms: ['HS256'] } } as Partial<AccessTokens> as AccessTokens,
      journal.fake<TokenAuthenticator>('authenticator', {
        read: (text) => ({ token: { raw: text }, provider }),
        ...authenticator,
      }),
      journal.fake<ServiceAuthenticator>('services', services),
    );
    /** Passport gives each request a strategy of its own, with its answers. */
    const outcomes: unknown[] = [];
    const told = Object.assign(Object.create(strategy) as LocalJwtStrategy, {
      fail: (challenge: unknown) => outcomes.push(challenge),
    });
    return { strategy, told, outcomes };
  }

  it.each<[string, Record<string, string>, object | undefined]>([
    ['without a token', {}, undefined],
    ['with a token of a provider', { authorization: 'Bearer a.b.c' }, { issuer: 'i' }],
    ['with HTTP Basic', { authorization: 'Basic eDp5' }, undefined],
  ])('leaves a request %s to others', (_what, headers, provider) => {
    const { told, outcomes } = strategyOf(provider);
    told.authenticate(requestWith(headers));
    expect(outcomes).toEqual([401]);
  });

  it('R10 takes the claims of a service for those of a service, and of nobody else', async () => {
    const [ada, billing] = [aUser(), aService()];
    const { strategy } = strategyOf(
      undefined,
      { authenticateClaims: answers(ada) },
      { authenticateClaims: answers(billing) },
    );
    expect(await strategy.validate({ token_use: 'service' })).toEqual(billing);
    expect(await strategy.validate({ token_use: 'access' })).toEqual(ada);
    expect(await strategy.validate({})).toEqual(ada); // version 1.0.0 wrote none
  });

  it('throws an outage as it is: it is not a refusal', async () => {
    const { strategy } = strategyOf(undefined, { authenticateClaims: refuses('service-unavailable') });
    expect((await refusalOf(strategy.validate({}))).code).toBe('service-unavailable');
  });
});
