import type { IdentityContext } from '../security/identity-context';
import { userPrincipal } from '../security/principal';
import { PasswordChangeService } from './password-change.service';

const IDENTITY = { id: 'u', email: 'ada@example.com' } as Partial<IdentityContext> as IdentityContext;
const CHECKED = { isVerified: true, identity: IDENTITY, credentialsVersion: 3 };

interface Given {
  readonly sessionId?: string | undefined;
  readonly checked?: object;
  readonly version?: number | undefined;
  readonly renewed?: object | undefined;
  readonly opened?: object | undefined;
}

/** What a change by the user comes to, and what was done on the way. */
function change(given: Given = {}) {
  const { sessionId, checked, version, renewed, opened } = {
    sessionId: 's',
    checked: CHECKED,
    version: 4,
    renewed: { sessionId: 's' },
    opened: { sessionId: 'new' },
    ...given,
  };
  const done: unknown[] = [];
  const note = <T>(what: unknown, answer?: T): Promise<T> => Promise.resolve((done.push(what), answer as T));
  const fakes = [
    { transaction: (work: (manager: string) => unknown) => work('manager') },
    { authenticate: () => Promise.resolve(checked) },
    {
      hash: () => Promise.resolve('hashed'),
      store: ({ credentialsVersion }: { credentialsVersion: number }) =>
        note(`store over ${credentialsVersion}`, version),
    },
    {
      renew: (id: string) => note(`renew ${id}`, renewed),
      endAll: (_id: string, except = 'none') => note(`end all but ${except}`),
      open: ({ credentialsVersion }: { credentialsVersion: number }) =>
        note(`open by ${credentialsVersion}`, opened),
      endSurplus: () => note('surplus'),
    },
    { issuePair: (_identity: object, session: object) => session },
    { record: ({ type }: { type: string }) => done.push(type) },
  ];
  const service = new PasswordChangeService(
    ...(fakes as unknown as ConstructorParameters<typeof PasswordChangeService>),
  );
  const principal = userPrincipal({
    method: sessionId === undefined ? 'oidc' : 'local-jwt',
    identity: IDENTITY,
    authenticationAge: 0,
    ...(sessionId !== undefined && { sessionId }),
  });
  const answer = service.change(principal, 'current', 'next').catch((error: unknown) => error);
  return answer.then((said) => ({ said, done }));
}

describe('PasswordChangeService', () => {
  it('R20 R84 stores over what was checked, renews the session, and ends the others', async () => {
    const { said, done } = await change();
    expect(said).toEqual({ sessionId: 's' });
    expect(done).toEqual(['store over 3', 'renew s', 'end all but s', 'auth.password.changed']);
  });

  it('opens a session for a caller without one, by the new version of the credentials', async () => {
    const { said, done } = await change({ sessionId: undefined });
    expect(said).toEqual({ sessionId: 'new' });
    expect(done.slice(0, 5)).toEqual([
      ...['store over 3', 'end all but none', 'open by 4'],
      ...['auth.password.changed', 'surplus'],
    ]);
  });

  it.each<[string, Given, object]>([
    ['a wrong password', { checked: { isVerified: false } }, { code: 'invalid-input' }],
    ['that of somebody else', { checked: { ...CHECKED, identity: { id: 'v' } } }, { code: 'invalid-input' }],
    ['a password that was changed meanwhile', { version: undefined }, { code: 'invalid-input' }],
    ['a session that ended meanwhile', { renewed: undefined }, { code: 'invalid-token', reason: 'session' }],
    [
      'a user who was switched off meanwhile',
      { sessionId: undefined, opened: undefined },
      { code: 'invalid-token', reason: 'inactive user' },
    ],
  ])('R43 refuses %s', async (_what, given, error) => {
    const { said, done } = await change(given);
    expect(said).toMatchObject(error);
    expect(done).not.toContain('auth.password.changed');
  });
});
