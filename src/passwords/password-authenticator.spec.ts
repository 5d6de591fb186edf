import { Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { Evaluation } from '../limits/limits.service';
import { PasswordAuthenticator, type RefusedPassword, type VerifiedPassword } from './password-authenticator';

const ACTIVE = { identity: { id: 'u', isActive: true }, passwordHash: 'stored', credentialsVersion: 3 };

function authenticatorOf(
  found: object | undefined,
  { matches = true, fault }: { matches?: boolean; fault?: Error } = {},
) {
  const done: unknown[] = [];
  const fakes = [
    { findWithCredentials: () => Promise.resolve(found) },
    { replacePasswordHash: (...all: unknown[]) => Promise.resolve(done.push(all)) },
    {
      verify: (_password: string, hash: string | null | undefined, mayMatch: boolean) => {
        done.push([hash, mayMatch]);
        return Promise.resolve(matches && mayMatch && typeof hash === 'string');
      },
      needsUpgrade: (hash: string) => hash === 'stored',
      hash: () => (fault ? Promise.reject(fault) : Promise.resolve('stronger')),
    },
    new Proxy({}, { get: () => () => undefined }), // whatever the policy asserts holds
    {
      evaluate: async (
        subject: object,
        { check, isRight, enter }: Evaluation<VerifiedPassword | RefusedPassword>,
      ) => {
        done.push(subject);
        const answer = await check();
        if (isRight(answer)) await enter?.(answer);
        return answer;
      },
    },
    { find: (token: string) => (token === 'known' ? 'd' : undefined) },
  ];
  const authenticator = new PasswordAuthenticator(
    ...(fakes as unknown as ConstructorParameters<typeof PasswordAuthenticator>),
  );
  return { authenticator, done };
}

describe('PasswordAuthenticator', () => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal']));

  it('answers the user, and the version of the credentials that were checked', async () => {
    const { authenticator } = authenticatorOf(ACTIVE);
    expect(await authenticator.authenticate('ada@example.com', 'x')).toEqual({ isVerified: true, ...ACTIVE });
  });

  it.each<[string, object | undefined, string | undefined, unknown]>([
    ['unknown user', undefined, undefined, [undefined, false]],
    ['inactive user', { ...ACTIVE, identity: { id: 'u', isActive: false } }, 'u', ['stored', false]],
    ['no password', { ...ACTIVE, passwordHash: null }, 'u', [null, true]],
    ['password', ACTIVE, 'u', ['stored', true]],
  ])(
    'R43 R81 refuses with the reason "%s" after the work of a check',
    async (reason, found, userId, work) => {
      const { authenticator, done } = authenticatorOf(found, { matches: false });
      const refusal = { isVerified: false, userId, reason };
      expect(await authenticator.authenticate('ada@example.com', 'x')).toEqual(refusal);
      expect(done).toEqual([{ kind: 'account', name: 'ada@example.com' }, work]);
    },
  );

  it.each([
    ['a known device', 'known', { kind: 'device', name: 'd' }],
    ['a token that says nothing', 'other', { kind: 'account', name: 'ada@example.com' }],
  ])('R40 counts a guess before it is verified: %s', async (_what, token, subject) => {
    const { authenticator, done } = authenticatorOf(ACTIVE);
    const guess = { email: 'Ada@example.com', password: 'x', deviceToken: token };
    expect(await authenticator.signIn(guess, () => Promise.resolve('entered'))).toBe('entered');
    expect(done[0]).toEqual(subject);
  });

  it('R38 stores a stronger hash only in the place of the one that was checked', async () => {
    const { authenticator, done } = authenticatorOf(ACTIVE);
    const verified = { isVerified: true, ...ACTIVE } as unknown as VerifiedPassword;
    await authenticator.upgradeHash(verified, 'x');
    expect(done).toEqual([['u', 'stored', 'stronger']]);
    await authenticator.upgradeHash({ ...verified, passwordHash: 'strong enough' }, 'x');
    expect(done).toHaveLength(1);
  });

  it.each([new AppError('overloaded'), new Error('the database is away')])(
    'refuses no sign-in for a hash that could not be replaced: %s',
    async (fault) => {
      const { authenticator, done } = authenticatorOf(ACTIVE, { fault });
      await authenticator.upgradeHash({ isVerified: true, ...ACTIVE } as unknown as VerifiedPassword, 'x');
      expect(done).toEqual([]);
    },
  );
});
