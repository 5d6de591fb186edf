import type { Request } from 'express';
import { AppError } from '../../common/errors/app-error';
import type { DevHeaderIdentities } from '../../identity/dev-header-identities';
import type { IdentityContext } from '../../security/identity-context';
import type { BearerCredential, TokenAuthenticator } from '../token-authenticator';
import { DevHeaderStrategy } from './dev-header.strategy';
import { OidcStrategy } from './oidc.strategy';

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
