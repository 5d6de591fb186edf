import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { userPrincipal, type ProviderToken } from '../security/principal';
import { SessionEndingsService } from './session-endings.service';

const IDENTITY = { id: 'u' } as Partial<IdentityContext> as IdentityContext;
const TOKEN = { issuer: 'https://idp.example' } as Partial<ProviderToken> as ProviderToken;
const OF_SESSION = userPrincipal({
  method: 'local-jwt',
  identity: IDENTITY,
  authenticationAge: 0,
  sessionId: 's',
});
const OF_PROVIDER = userPrincipal({
  method: 'oidc',
  identity: IDENTITY,
  authenticationAge: 0,
  providerToken: TOKEN,
});

function serviceOf({ isProven = true, isActive = true, ended = true } = {}) {
  const done: string[] = [];
  const fakes = [
    { transaction: (work: (manager: string) => unknown) => work('manager') },
    {
      lockActive: () => Promise.resolve(isActive),
      end: ({ sessionId }: { sessionId: string }) =>
        Promise.resolve(ended && !!done.push(`end ${sessionId}`)),
      endAll: (_id: string, except = 'none') => Promise.resolve(done.push(`end all but ${except}`)),
    },
    {
      lock: () => Promise.resolve(done.push('lock')),
      endTokensOfBefore: () =>
        Promise.resolve({ hasIdentities: false, notBefore: new Date(done.push('move')) }),
    },
    { end: () => Promise.resolve(done.push('end token')) },
    {
      require: () =>
        isProven
          ? Promise.resolve(done.push('proof'))
          : Promise.reject(new AppError('reauthentication-required')),
    },
  ];
  const service = new SessionEndingsService(
    ...(fakes as unknown as ConstructorParameters<typeof SessionEndingsService>),
  );
  return { service, done };
}

describe('SessionEndingsService', () => {
  it.each([
    ['s', ['end s']], // one's own needs no proof
    ['t', ['proof', 'lock', 'end t']],
  ])('R21 R84 ends session %s', async (sessionId, expected) => {
    const { service, done } = serviceOf();
    await service.endOne(sessionId, OF_SESSION, undefined);
    expect(done).toEqual(expected);
  });

  it('answers not-found for a session that is not there', async () => {
    const { service } = serviceOf({ ended: false });
    await expect(service.endOne('s', OF_SESSION, undefined)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('R84 ends all others, and all with the token of a provider, under the lock of the user', async () => {
    const others = serviceOf();
    await others.service.endOthers(OF_SESSION, undefined);
    expect(others.done).toEqual(['proof', 'lock', 'end all but s']);
    const all = serviceOf();
    await all.service.endAll(OF_PROVIDER, undefined);
    expect(all.done).toEqual(['proof', 'end token', 'lock', 'end all but none', 'move']);
  });

  it.each(['endOthers', 'endAll'] as const)(
    'R84 %s does nothing without proof or by an ended session',
    async (act) => {
      const unproven = serviceOf({ isProven: false });
      await expect(unproven.service[act](OF_SESSION, undefined)).rejects.toMatchObject({
        code: 'reauthentication-required',
      });
      expect(unproven.done).toEqual([]);
      const ended = serviceOf({ isActive: false });
      await expect(ended.service[act](OF_SESSION, undefined)).rejects.toMatchObject({ reason: 'session' });
      expect(ended.done).toEqual(['proof', 'lock']);
    },
  );
});
