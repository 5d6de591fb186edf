import { anIdentity } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { PasswordConfig } from '../config/password.config';
import type { IdentityContextReader } from '../identity/identity-context.reader';
import type { UserProvisioner } from '../identity/user-provisioner';
import type { LimitsService } from '../limits/limits.service';
import type { Activations } from './activations.service';
import type { NewPasswordsService } from './new-passwords.service';
import type { VerifiedPassword } from './password-authenticator';
import { PasswordRegistrationService } from './password-registration.service';
import { SignInPolicy } from './sign-in-policy';

const REQUEST = { email: ' Ada@Example.COM', name: 'Ada', password: 'correct horse' };
const PREPARED = { email: 'ada@example.com', name: 'Ada', passwordHash: 'the hash' };
const OWNER = { id: 'ada', email: 'ada@example.com', name: 'Ada' };

interface Given {
  provisioner?: Plan<UserProvisioner>;
  activations?: Plan<Activations>;
  newPasswords?: Plan<NewPasswordsService>;
  countRegistration?: () => Promise<void>;
  config?: Partial<PasswordConfig>;
}

function serviceOf(given: Given = {}) {
  const journal = new Journal({ query: answers([]) });
  const counted: boolean[] = [];
  const evaluateCode = async <T>(check: () => Promise<T>, isRight: (answer: T) => boolean) => {
    const answer = await check();
    counted.push(isRight(answer));
    return answer;
  };
  const service = new PasswordRegistrationService(
    journal.fake<IdentityContextReader>('identities', {
      getWithCredentials: answers({ identity: anIdentity(), credentialsVersion: 1 }),
      getById: answers(anIdentity()),
    }),
    journal.fake<UserProvisioner>('provisioner', given.provisioner),
    journal.fake<NewPasswordsService>('newPasswords', { hash: answers('the hash'), ...given.newPasswords }),
    new SignInPolicy({ signIn: true, registration: 'open', ...given.config } as PasswordConfig),
    journal.fake<Activations>('activations', given.activations),
    {
      ...journal.fake<LimitsService>('limits'),
      evaluateCode,
      countRegistration:
        given.countRegistration ?? (() => Promise.resolve(void journal.acts.push('counted'))),
    } as unknown as LimitsService,
  );
  return { journal, service, counted };
}

describe('PasswordRegistrationService.prepare', () => {
  it('counts the registration before it hashes: hashing is what costs', async () => {
    const { journal, service } = serviceOf();
    expect(await service.prepare(REQUEST)).toEqual(PREPARED);
    expect(journal.acts).toEqual(['counted', 'newPasswords.hash']);
    expect(journal.given('newPasswords.hash')).toEqual([
      ['correct horse', { email: 'ada@example.com', name: 'Ada' }, '#/password'],
    ]);
  });

  it.each<[string, object, Partial<PasswordConfig>, string]>([
    ['everybody while it is closed', {}, { registration: 'closed' }, 'registration-closed'],
    [
      'addresses of other domains',
      { email: 'ada@sub.example.com' },
      { registration: { domains: ['example.com'] } },
      'registration-closed',
    ],
    ['everybody while passwords open nothing', {}, { signIn: false }, 'password-sign-in-disabled'],
  ])('R73 refuses %s without counting or hashing', async (_who, request, config, code) => {
    const { journal, service } = serviceOf({ config });
    expect((await refusalOf(service.prepare({ ...REQUEST, ...request }))).code).toBe(code);
    expect(journal.acts).toEqual([]);
  });

  it('R73 lets an address of a listed domain register', async () => {
    const { service } = serviceOf({ config: { registration: { domains: ['example.com'] } } });
    await expect(service.prepare(REQUEST)).resolves.toEqual(PREPARED);
  });

  it('R41 hashes nothing beyond the limit of the source', async () => {
    const { journal, service } = serviceOf({ countRegistration: refuses('too-many-requests') });
    expect((await refusalOf(service.prepare(REQUEST))).code).toBe('too-many-requests');
    expect(journal.acts).toEqual([]);
  });
});

describe('PasswordRegistrationService.create', () => {
  it('D5 refuses a taken address, as the database has decided', async () => {
    const { journal, service } = serviceOf({ provisioner: { provision: answers(undefined) } });
    expect((await refusalOf(service.create(PREPARED, journal.manager))).code).toBe(
      'email-already-registered',
    );
    expect(journal.acts).toEqual(['provisioner.provision']);
  });

  it('answers the new user with the version of the credentials, read in the same transaction', async () => {
    const { journal, service } = serviceOf({ provisioner: { provision: answers('ada') } });
    expect(await service.create(PREPARED, journal.manager)).toMatchObject({ credentialsVersion: 1 });
    expect(journal.given('identities.getWithCredentials')).toEqual([['ada@example.com']]);
  });
});

describe('PasswordRegistrationService.createSilently', () => {
  const asked = (journal: Journal) => journal.acts.map((act) => act.split(' ').at(-1));

  it.each([
    ['free', false, 'ada', 'RELEASE SAVEPOINT registration'],
    ['taken', true, undefined, 'ROLLBACK TO SAVEPOINT registration'],
  ])('R90 does the same steps for a %s address', async (_what, isTaken, answer, end) => {
    const { journal, service } = serviceOf({
      provisioner: { isAddressTaken: answers(isTaken), provision: answers('ada') },
    });
    expect(await service.createSilently(PREPARED, journal.manager)).toBe(answer);
    expect(asked(journal)).toEqual([
      'provisioner.isAddressTaken',
      'manager.query',
      'provisioner.provision',
      'manager.query',
    ]);
    expect(journal.given('manager.query')).toEqual([['SAVEPOINT registration'], [end]]);
  });

  it('R90 makes no user of a taken address: the one that is made is of no address and goes', async () => {
    const { journal, service } = serviceOf({
      provisioner: { isAddressTaken: answers(true), provision: answers('x') },
    });
    await service.createSilently(PREPARED, journal.manager);
    const [[made]] = journal.given('provisioner.provision') as [[{ email: string }]];
    expect(made.email).toMatch(/^[0-9a-f-]{36}@registration\.invalid$/);
  });
});

describe('PasswordRegistrationService: activation', () => {
  it('counts a code that is not good for its source, and hashes nothing for it', async () => {
    const { journal, service, counted } = serviceOf({ activations: { find: answers(undefined) } });
    expect((await refusalOf(service.prepareActivation('c', 'correct horse'))).code).toBe('code-invalid');
    expect(counted).toEqual([false]);
    expect(journal.acts).toEqual(['activations.find']);
  });

  it('checks the password against the user of the code', async () => {
    const { journal, service } = serviceOf({ activations: { find: answers(OWNER) } });
    expect(await service.prepareActivation('c', 'correct horse')).toEqual({
      code: 'c',
      userId: 'ada',
      passwordHash: 'the hash',
    });
    expect(journal.given('newPasswords.hash')).toEqual([['correct horse', OWNER, '#/password']]);
  });

  it('R73 looks at no code while passwords open nothing', async () => {
    const { journal, service } = serviceOf({ config: { signIn: false } });
    expect((await refusalOf(service.prepareActivation('c', 'x'))).code).toBe('password-sign-in-disabled');
    expect(journal.acts).toEqual([]);
  });

  it('refuses a code that was used while the password was hashed', async () => {
    const { journal, service } = serviceOf({ activations: { redeem: answers(undefined) } });
    const prepared = { code: 'c', userId: 'ada', passwordHash: 'the hash' };
    expect((await refusalOf(service.activate(prepared, journal.manager))).code).toBe('code-invalid');
    expect(journal.acts).toEqual(['activations.redeem']);
  });
});

describe('PasswordRegistrationService.replaceInitial', () => {
  const checked = { identity: anIdentity(), credentialsVersion: 1 } as VerifiedPassword;

  it.each<[string, number | undefined]>([
    ['answers the version of the new credentials', 2],
    ['refuses when the checked password is the user\u2019s no longer', undefined],
  ])('%s', async (_what, version) => {
    const { journal, service } = serviceOf({ newPasswords: { store: answers(version) } });
    const replaced = service.replaceInitial(checked, 'the hash', journal.manager);
    if (version === undefined) expect((await refusalOf(replaced)).code).toBe('invalid-credentials');
    else expect(await replaced).toEqual({ identity: anIdentity(), credentialsVersion: 2 });
  });
});
