import { AppError } from '../common/errors/app-error';
import { SignOutService } from './sign-out.service';

function serviceOf(provider: object | undefined, read: () => object = () => ({ token: 't', provider })) {
  const done: unknown[] = [];
  const fakes = [
    { endByToken: (...all: unknown[]) => Promise.resolve(done.push(all)) },
    { end: (...all: unknown[]) => Promise.resolve(done.push(all)) },
    { verifyForLogout: () => ({ sid: 's', uid: 'u', sessionVersion: 2 }) },
    { read },
    { signOut: (...all: unknown[]) => Promise.resolve(done.push(all)) },
  ];
  const service = new SignOutService(...(fakes as unknown as ConstructorParameters<typeof SignOutService>));
  return { service, done };
}

const REFRESH = ['r', 'logout'];
const ACCESS = [{ sessionId: 's', userId: 'u', tokenVersion: 2 }, 'logout'];
const IDP = { issuer: 'https://idp.example' };

describe('SignOutService', () => {
  it.each([
    { what: 'a refresh token', refreshToken: 'r', ends: [REFRESH] },
    { what: 'an access token', bearer: 'a', ends: [ACCESS] },
    { what: 'both', bearer: 'a', refreshToken: 'r', ends: [REFRESH, ACCESS] },
    { what: 'a token of a provider', provider: IDP, bearer: 'a', ends: [['t', IDP]] },
    { what: 'nothing', ends: [] },
  ])('R19 R76 ends what $what stands for', async ({ provider, bearer, refreshToken, ends }) => {
    const { service, done } = serviceOf(provider);
    await service.signOut(bearer, refreshToken);
    expect(done).toEqual(ends);
  });

  it('refuses a bearer token that is none after the refresh token has done its work', async () => {
    const { service, done } = serviceOf(undefined, () => {
      throw new AppError('invalid-token');
    });
    await expect(service.signOut('a', 'r')).rejects.toMatchObject({ code: 'invalid-token' });
    expect(done).toEqual([REFRESH]);
  });
});
