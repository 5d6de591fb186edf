import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { SessionIdentity } from '../identity/session-identity.reader';
import type { IdentityContext } from '../security/identity-context';
import { bearerCredential } from './bearer-credential';
import { TokenAuthenticator } from './token-authenticator';

const ISSUER = 'https://login.example.com';
const PROVIDER = { issuer: ISSUER } as Partial<OidcIssuer> as OidcIssuer;
const CLAIMS = { uid: 'u', sid: 's', sub: 'ada@example.com', authTime: undefined, sessionVersion: 1 };
const SESSION = {
  authenticatedAt: new Date(1_000_000),
  authenticationAge: 5,
  authMethods: ['pwd'],
  tokenVersion: 1,
  credentialsVersion: 1,
  endsAt: 2_000_000,
};
const IDENTITY = {
  id: 'u',
  email: 'ada@example.com',
  isActive: true,
  role: 'user',
} as Partial<IdentityContext> as IdentityContext;

/** An authenticator whose neighbours answer what a test wants. */
function authenticatorOf(found: SessionIdentity | undefined, authenticatedAt = 0): TokenAuthenticator {
  const fakes = [
    { find: (iss: unknown) => (iss === ISSUER ? PROVIDER : undefined) },
    { verifySignature: ({ payload }: { payload: object }) => payload, checkClaims: () => CLAIMS },
    { find: () => Promise.resolve(found) },
    {
      verify: (_token: unknown, issuer: OidcIssuer) =>
        Promise.resolve({ issuer: issuer.issuer, authenticatedAt }),
    },
    { resolve: () => Promise.resolve(IDENTITY) },
    { now: () => 100_000 },
  ];
  return new TokenAuthenticator(...(fakes as unknown as ConstructorParameters<typeof TokenAuthenticator>));
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (payload: object) => `${part({ alg: 'HS256' })}.${part(payload)}.c2ln`;
const reasonOf = (error: unknown) => (error instanceof AppError ? error.reason : error);

describe('TokenAuthenticator', () => {
  it('reads a token, and chooses the provider that it names', () => {
    const authenticator = authenticatorOf(undefined);
    expect(authenticator.read(tokenOf({ iss: ISSUER }))).toMatchObject({
      provider: PROVIDER,
      token: { raw: tokenOf({ iss: ISSUER }), header: { alg: 'HS256' }, payload: { iss: ISSUER } },
    });
    for (const iss of [`${ISSUER}/`, [ISSUER], undefined, 'promptstack-auth']) {
      expect(authenticator.read(tokenOf({ iss })).provider).toBeUndefined();
    }
  });

  it.each(['', 'x', 'a.b', 'a.b.c.d', tokenOf({}).padEnd(13_000, 'A')])(
    'R7 R15 refuses what is no token (%#)',
    (text) => {
      expect(() => authenticatorOf(undefined).read(text)).toThrow(AppError);
    },
  );

  it('answers the user and the session of a token of ours', async () => {
    const authenticator = authenticatorOf({ identity: IDENTITY, session: SESSION });
    const principal = await authenticator.authenticate(authenticator.read(tokenOf({})));
    expect(principal).toEqual({
      kind: 'user',
      method: 'local-jwt',
      identity: IDENTITY,
      sessionId: 's',
      authenticationAge: 5,
    });
    expect(Object.isFrozen(principal)).toBe(true);
  });

  it.each<[string, SessionIdentity | undefined]>([
    ['unknown user', undefined],
    ['inactive user', { identity: { ...IDENTITY, isActive: false }, session: SESSION }],
    ['session', { identity: IDENTITY, session: undefined }],
    ['session version', { identity: IDENTITY, session: { ...SESSION, tokenVersion: 2 } }],
    ['subject', { identity: { ...IDENTITY, email: 'eve@example.com' }, session: SESSION }],
  ])('R16 refuses a token with the reason "%s"', async (reason, found) => {
    const authenticator = authenticatorOf(found);
    const error = await authenticator.authenticate(authenticator.read(tokenOf({}))).catch(reasonOf);
    expect(error).toBe(reason);
  });

  it.each([
    [40, 60],
    [150, -50],
    [161, Infinity], // no clock is ahead by so much
  ])('a sign-in at %i, by the word of a provider at 100, is %d seconds ago', async (time, age) => {
    const authenticator = authenticatorOf(undefined, time);
    const principal = await authenticator.authenticate(authenticator.read(tokenOf({ iss: ISSUER })));
    expect(principal).toMatchObject({ method: 'oidc', identity: IDENTITY, authenticationAge: age });
  });
});

describe('bearerCredential', () => {
  it('reads the token of a request once, however many strategies ask', () => {
    const authenticator = authenticatorOf(undefined);
    const read = jest.spyOn(authenticator, 'read');
    const authorization = `Bearer ${tokenOf({})}`;
    const request = { headers: { authorization }, rawHeaders: ['Authorization', authorization] } as Request;
    const credentials = [1, 2, 3].map(() => bearerCredential(request, authenticator));
    expect(new Set(credentials).size).toBe(1);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('has nothing to read in a request without a token', () => {
    const authenticator = authenticatorOf(undefined);
    const request = { headers: {}, rawHeaders: [] as string[] } as Partial<Request> as Request;
    expect(bearerCredential(request, authenticator)).toBeUndefined();
  });
});
