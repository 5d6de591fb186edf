import { AppError } from '../common/errors/app-error';
import { AuthService } from './auth.service';
import { SignInSessions } from './sign-in-sessions.service';
import { PasswordEnrolmentService } from './password-enrolment.service';

const IDENTITY = { id: 'u', email: 'ada@example.com', isActive: true };
const FOUND = { identity: IDENTITY, credentialsVersion: 3, passwordHash: 'stored' };
const SESSION = { sessionId: 's', userId: 'u' };
const PAIR = { identity: IDENTITY, refreshToken: 'r' };

/** The service with neighbours that answer what a test wants, and what it did in order. */
function serviceOf(
  given: {
    checked?: object;
    session?: object | undefined;
    found?: object | undefined;
    isNewDevice?: boolean;
  } = {},
) {
  const { isNewDevice = false } = given;
  const verified = { isVerified: true, ...FOUND };
  const { checked, session, found } = { checked: verified, session: SESSION, found: FOUND, ...given };
  const done: unknown[] = [];
  const database = {
    transaction: (work: (manager: string) => unknown) => work('manager'),
  };
  const registration = {
    prepare: () => Promise.resolve('prepared'),
    create: () => Promise.resolve(FOUND),
    hashReplacement: () => Promise.resolve('another hash'),
    replaceInitial: () => Promise.resolve({ ...FOUND, credentialsVersion: 4 }),
  };
  const passwords = {
    signIn: (_guess: object, enter: (verified: object) => Promise<unknown>) =>
      (checked as { isVerified: boolean }).isVerified ? enter(checked) : Promise.resolve(checked),
    find: () => Promise.resolve(found),
    upgradeHash: () => Promise.resolve(done.push('upgraded')),
  };
  const sessions = {
    open: (authentication: object) => {
      done.push(authentication);
      return Promise.resolve(session);
    },
    openRecorded: (
      authentication: object,
      { type }: { type: string },
      factsOf: (owner: object) => object,
    ) => {
      done.push(authentication);
      if (session) done.push({ type, ...factsOf(session) });
      return Promise.resolve(session);
    },
    endSurplus: (userId: string) => Promise.resolve(done.push(`surplus of ${userId}`)),
  };
  const issuer = { issuePair: () => PAIR };
  const audit = {
    record: ({ type }: { type: string }, facts: object) => done.push({ type, ...facts }),
  };
  const outbox = { verifiesRegistrations: false };
  const mails = {
    assertVerified: () => undefined,
    mayBeNewDevice: () => Promise.resolve(isNewDevice),
    tellOfNewDevice: () => done.push('told'),
  };
  const enrolment = new PasswordEnrolmentService(
    ...([database, registration, sessions, issuer, audit, outbox] as unknown as ConstructorParameters<
      typeof PasswordEnrolmentService
    >),
  );
  const signIns = new SignInSessions(
    ...([database, sessions, mails, audit] as unknown as ConstructorParameters<typeof SignInSessions>),
  );
  const neighbours = [passwords, signIns, issuer, enrolment, audit, mails];
  return {
    enrolment,
    service: new AuthService(...(neighbours as unknown as ConstructorParameters<typeof AuthService>)),
    done,
  };
}

const codeOf = (error: unknown) => (error instanceof AppError ? error.code : error);

const CREDENTIALS = { email: 'x', password: 'y' };

describe('AuthService', () => {
  it('registers: a session by the new password, in the transaction of the user', async () => {
    const { enrolment, done } = serviceOf();
    expect(await enrolment.register({ email: 'x', password: 'y', name: 'z' })).toBe(PAIR);
    expect(done).toEqual([
      { userId: 'u', credentialsVersion: 3, methods: ['pwd'] },
      { type: 'auth.registered', user_id: 'u' },
    ]);
  });

  it('registers nobody who cannot sign in', async () => {
    await expect(
      serviceOf({ session: undefined }).enrolment.register({ email: 'x', password: 'y', name: 'z' }),
    ).rejects.toMatchObject({ code: 'invalid-credentials' });
  });

  it.each<[string, boolean, string[]]>([
    ['session and audit in one statement, hash', false, ['upgraded']],
    [
      'from a new device: session, audit and mail in one transaction, surplus, hash',
      true,
      ['told', 'surplus of u', 'upgraded'],
    ],
  ])('signs in downwards: %s', async (_what, isNewDevice, then) => {
    const { service, done } = serviceOf({ isNewDevice });
    expect(await service.login(CREDENTIALS)).toBe(PAIR);
    expect(done).toEqual([
      { userId: 'u', credentialsVersion: 3, methods: ['pwd'] },
      { type: 'auth.login.succeeded', user_id: 'u', session_id: 's' },
      ...then,
    ]);
  });

  it('R56 lets a password that an administrator has chosen open nothing but its change', async () => {
    const checked = { isVerified: true, ...FOUND, mustChangePassword: true };
    const refused = serviceOf({ checked });
    expect(await refused.service.login(CREDENTIALS).catch(codeOf)).toBe('password-change-required');
    expect(await refused.service.login({ ...CREDENTIALS, newPassword: 'y' }).catch(codeOf)).toBe(
      'invalid-input',
    );
    expect(refused.done).toEqual([
      { type: 'auth.login.failed', user_id: 'u', reason: 'password change required' },
    ]);
    const { service, done } = serviceOf({ checked });
    expect(await service.login({ ...CREDENTIALS, newPassword: 'z' })).toBe(PAIR);
    expect(done[0]).toEqual({ userId: 'u', credentialsVersion: 4, methods: ['pwd'] });
    expect(
      await serviceOf()
        .service.login({ ...CREDENTIALS, newPassword: 'z' })
        .catch(codeOf),
    ).toBe('invalid-input');
  });

  it.each([
    ['unknown user', { checked: { isVerified: false, userId: undefined, reason: 'unknown user' } }],
    ['password', { checked: { isVerified: false, userId: 'u', reason: 'password' } }],
    ['changed meanwhile', { session: undefined }],
  ])('R43 refuses a sign-in with one code, and the reason "%s" in the audit alone', async (reason, fakes) => {
    const { service, done } = serviceOf(fakes);
    expect(await service.login(CREDENTIALS).catch(codeOf)).toBe('invalid-credentials');
    expect(done.at(-1)).toMatchObject({ type: 'auth.login.failed', reason });
    expect(done).not.toContain('upgraded');
  });

  it.each<[string, object, unknown]>([
    ['an active user', {}, PAIR],
    ['nobody', { found: undefined }, undefined],
    ['an inactive user', { found: { ...FOUND, identity: { ...IDENTITY, isActive: false } } }, undefined],
    ['a user whose credentials have changed', { session: undefined }, undefined],
  ])('signs in %s without a password as it should', async (_who, fakes, answer) => {
    expect(await serviceOf(fakes).service.signInWithoutPassword('x')).toBe(answer);
  });
});
