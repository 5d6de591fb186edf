import type { IdentityContext } from '../security/identity-context';
import { userPrincipal } from '../security/principal';
import { ReauthenticationService } from './reauthentication.service';

const IDENTITY = { id: 'u', email: 'ada@example.com' } as Partial<IdentityContext> as IdentityContext;

/** What becomes of a proof by a caller who signed in so many seconds ago. */
async function outcome(age: number, password?: string, checked: object = { isVerified: false }) {
  const audited: string[] = [];
  const fakes = [
    { authenticate: () => Promise.resolve(checked) },
    { record: ({ type }: { type: string }) => audited.push(type) },
  ];
  const service = new ReauthenticationService(
    ...(fakes as unknown as ConstructorParameters<typeof ReauthenticationService>),
  );
  const principal = userPrincipal({ method: 'local-jwt', identity: IDENTITY, authenticationAge: age });
  const code = await service.require(principal, password).then(
    () => 'goes on',
    (error: { code: string }) => error.code,
  );
  return [code, audited.length];
}

describe('ReauthenticationService (R84)', () => {
  it.each<[string, unknown[], Parameters<typeof outcome>]>([
    ['a sign-in of just now', ['goes on', 0], [0]],
    ['a sign-in of 10 minutes ago', ['goes on', 0], [600]],
    ['an older one', ['reauthentication-required', 0], [600.001]],
    ['one of unknown age', ['reauthentication-required', 0], [Infinity]],
    ['the password', ['goes on', 0], [Infinity, 'x', { isVerified: true, identity: IDENTITY }]],
    [
      'a password that an administrator has chosen, and knows',
      ['reauthentication-required', 1],
      [0, 'x', { isVerified: true, identity: IDENTITY, mustChangePassword: true }],
    ],
    ['a wrong password, also after a recent sign-in', ['invalid-input', 1], [0, 'x']],
    [
      'the password of who has the address now',
      ['invalid-input', 1],
      [0, 'x', { isVerified: true, identity: { id: 'v' } }],
    ],
  ])('%s: %j', async (_what, expected, given) => {
    expect(await outcome(...given)).toEqual(expected);
  });
});
