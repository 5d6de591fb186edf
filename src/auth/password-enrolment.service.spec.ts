import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { Outbox } from '../mail/outbox.service';
import type { VerifiedPassword } from '../passwords/password-authenticator';
import type { PasswordRegistrationService } from '../passwords/password-registration.service';
import type { SessionsService } from '../sessions/sessions.service';
import type { TokenIssuer } from '../tokens/token-issuer';
import { PasswordEnrolmentService } from './password-enrolment.service';

const ADA = anIdentity({ emailVerified: false });
const REQUEST = { email: 'Ada@Example.com', password: 'correct horse', name: 'Ada' };
const PREPARED = { email: 'ada@example.com', name: 'Ada', passwordHash: 'the hash' };
const CHECKED: VerifiedPassword = {
  isVerified: true,
  identity: ADA,
  credentialsVersion: 3,
  passwordHash: 'stored',
  mustChangePassword: true,
};

function serviceOf(
  registration: Plan<PasswordRegistrationService>,
  given: { opened?: undefined; verifiesRegistrations?: boolean } = {},
) {
  const { opened, verifiesRegistrations } = {
    opened: { sessionId: 's' },
    verifiesRegistrations: false,
    ...given,
  };
  const journal = new Journal();
  const service = new PasswordEnrolmentService(
    journal.database(),
    journal.fake<PasswordRegistrationService>('registration', registration),
    journal.fake<SessionsService>('sessions', { open: answers(opened), endSurplus: done }),
    journal.fake<TokenIssuer>('issuer', { issuePair: (identity) => ({ identity, refreshToken: 'r' }) }),
    journal.audit(),
    journal.fake<Outbox>('outbox', { verifiesRegistrations, request: done }),
  );
  return { journal, service };
}

describe('PasswordEnrolmentService.register', () => {
  const plan = { prepare: answers(PREPARED), create: answers({ identity: ADA, credentialsVersion: 1 }) };

  it('makes the user, the session and the event in one transaction, after the password was hashed', async () => {
    const { journal, service } = serviceOf(plan);
    expect(await service.register(REQUEST)).toMatchObject({ identity: ADA });
    expect(journal.acts).toEqual([
      'registration.prepare',
      'BEGIN',
      'tx registration.create',
      'tx sessions.open',
      'tx audit auth.registered',
      'issuer.issuePair',
      'COMMIT',
    ]);
    expect(journal.given('sessions.open')).toEqual([
      [{ userId: 'ada', credentialsVersion: 1, methods: ['pwd'] }],
    ]);
  });

  it('opens no transaction for a registration that is refused before', async () => {
    const { journal, service } = serviceOf({ prepare: refuses('registration-closed') });
    expect((await refusalOf(service.register(REQUEST))).code).toBe('registration-closed');
    expect(journal.acts).toEqual(['registration.prepare']);
  });

  it('records nothing, and opens no session, when the address is taken', async () => {
    const { journal, service } = serviceOf({ ...plan, create: refuses('email-already-registered') });
    expect((await refusalOf(service.register(REQUEST))).code).toBe('email-already-registered');
    expect(journal.acts).not.toContain('tx sessions.open');
    expect(journal.events).toEqual([]);
  });

  it('leaves no user behind whose session could not be opened', async () => {
    const { journal, service } = serviceOf(plan, { opened: undefined });
    expect((await refusalOf(service.register(REQUEST))).code).toBe('invalid-credentials');
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });

  it.each([
    ['free', 'ada'],
    ['taken', undefined],
  ])(
    'R90 does the same for a %s address where it has to be proven: a mail, and no session',
    async (_what, id) => {
      const { journal, service } = serviceOf(
        { prepare: answers(PREPARED), createSilently: answers(id) },
        { verifiesRegistrations: true },
      );
      expect(await service.register(REQUEST)).toBeUndefined();
      expect(journal.acts).toEqual([
        'registration.prepare',
        'BEGIN',
        'tx registration.createSilently',
        'tx outbox.request',
        'tx audit auth.registered',
        'COMMIT',
      ]);
      // The user is found when the mail is made: the answer cannot depend on it. The newest password waits with the mail.
      expect(journal.given('outbox.request')).toEqual([
        [
          'registration',
          { userId: null, address: 'ada@example.com' },
          { facts: { name: 'Ada', password_hash: 'the hash' } },
        ],
      ]);
    },
  );
});

describe('PasswordEnrolmentService.activate', () => {
  const plan = {
    prepareActivation: answers({ code: 'c', userId: 'ada', passwordHash: 'the hash' }),
    activate: answers({ identity: ADA, credentialsVersion: 2 }),
  };

  it('sets the password and signs in in one transaction, and ends surplus sessions after it', async () => {
    const { journal, service } = serviceOf(plan);
    await service.activate('c', 'correct horse');
    expect(journal.acts).toEqual([
      'registration.prepareActivation',
      'BEGIN',
      'tx registration.activate',
      'tx sessions.open',
      'tx audit auth.activated',
      'issuer.issuePair',
      'COMMIT',
      'sessions.endSurplus',
    ]);
  });

  it('records nothing for a code that another request has used meanwhile', async () => {
    const { journal, service } = serviceOf({ ...plan, activate: refuses('code-invalid') });
    expect((await refusalOf(service.activate('c', 'correct horse'))).code).toBe('code-invalid');
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });
});

describe('PasswordEnrolmentService.replaceInitial', () => {
  it('R56 refuses a sign-in without another password, as a failed one', async () => {
    const { journal, service } = serviceOf({});
    const refusal = await refusalOf(service.replaceInitial(CHECKED, 'chosen', undefined));
    expect(refusal.code).toBe('password-change-required');
    expect(journal.acts).toEqual(['audit auth.login.failed']);
    expect(journal.events).toMatchObject([{ user_id: 'ada', reason: 'password change required' }]);
  });

  it('R56 D2 does not take the same password for another one, however its characters are composed', async () => {
    const { journal, service } = serviceOf({});
    const refusal = await refusalOf(service.replaceInitial(CHECKED, 'caf\u00e9 noir', 'cafe\u0301 noir'));
    expect(refusal).toMatchObject({ code: 'invalid-input', faults: [{ pointer: '#/new_password' }] });
    expect(journal.acts).toEqual([]);
  });

  it('puts the new password in place and signs in with it', async () => {
    const { journal, service } = serviceOf({
      hashReplacement: answers('new hash'),
      replaceInitial: answers({ identity: ADA, credentialsVersion: 4 }),
    });
    await service.replaceInitial(CHECKED, 'chosen', 'her own');
    expect(journal.acts).toEqual([
      'registration.hashReplacement',
      'BEGIN',
      'tx registration.replaceInitial',
      'tx sessions.open',
      'tx audit auth.password.changed',
      'issuer.issuePair',
      'COMMIT',
      'sessions.endSurplus',
    ]);
    expect(journal.given('sessions.open')[0]?.[0]).toMatchObject({ credentialsVersion: 4 });
  });
});
