import { AppError } from '../common/errors/app-error';
import { RefreshService } from './refresh.service';

const SESSION = { userId: 'u', sessionId: 's', tokenVersion: 1, refreshToken: 'next' };
const FOUND = { identity: { id: 'u' }, session: { tokenVersion: 1, authMethods: ['pwd'] } };

function serviceOf(exchanged: object | undefined, found: object | undefined): RefreshService {
  const fakes = [
    { refresh: () => Promise.resolve(exchanged) },
    { find: () => Promise.resolve(found) },
    { issuePair: (identity: object, session: object) => ({ identity, ...session }) },
  ];
  return new RefreshService(...(fakes as unknown as ConstructorParameters<typeof RefreshService>));
}

const refresh = (exchanged: object | undefined, found: object | undefined) =>
  serviceOf(exchanged, found).refresh('a token', { userAgent: null, ipAddress: null });

describe('RefreshService', () => {
  it('answers new tokens, with how the user signed in', async () => {
    expect(await refresh(SESSION, FOUND)).toEqual({ ...SESSION, ...FOUND.session, identity: FOUND.identity });
  });

  it.each<[string, object | undefined, object | undefined]>([
    ['refresh token', undefined, FOUND],
    ['session', SESSION, undefined],
    ['session', SESSION, { ...FOUND, session: undefined }],
    ['session', SESSION, { ...FOUND, session: { tokenVersion: 2 } }], // the password was changed after the exchange
  ])('R20 R23 refuses with the reason "%s" (%#)', async (reason, exchanged, found) => {
    const error = await refresh(exchanged, found).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'invalid-token', reason });
  });
});
