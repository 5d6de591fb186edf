import { QueryFailedError, type EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { ExternalProfile } from '../identity/external-profile';
import { AccountLinkingService } from './account-linking.service';

const MANAGER = {} as EntityManager;
const ACCOUNT = { id: 'u', isActive: true, emailVerifiedAt: new Date(0) };

interface Given {
  readonly created?: string;
  readonly account?: object | undefined;
  readonly isFirst?: boolean;
  readonly isFurther?: boolean;
  readonly fault?: Error;
  readonly profile?: object;
}

/** Links a profile to the account of its address, and tells what was done behind the attempt to make one. */
function link(given: Given = {}) {
  const { created, account, isFirst, isFurther, fault, profile } = {
    account: ACCOUNT,
    isFirst: true,
    isFurther: true,
    ...given,
  };
  const done: unknown[] = [];
  const note = <T>(what: unknown, answer?: T): Promise<T> => Promise.resolve((done.push(what), answer as T));
  const fakes = [
    { insertIfAbsent: () => Promise.resolve(isFirst), insertFurther: () => note('further', isFurther) },
    {
      lockByEmail: () => Promise.resolve(account),
      markEmailVerified: (_id: string, at: Date) => note(at.getTime()),
    },
    { provision: (user: object) => note(user, created) },
    { revokeAccess: () => (fault ? Promise.reject(fault) : note('revoke')) },
    {
      syncProfile: (_id: string, changes: object) => note(changes),
      syncMemberships: () => note('memberships'),
    },
    { now: () => 1_000 },
  ];
  const service = new AccountLinkingService(
    ...(fakes as unknown as ConstructorParameters<typeof AccountLinkingService>),
  );
  const said = {
    issuer: 'i',
    sharesAddress: false,
    ...profile,
  } as Partial<ExternalProfile> as ExternalProfile;
  return service
    .link(said, 'ada@example.com', MANAGER)
    .catch((error: unknown) => error)
    .then((answer) => ({ answer, done: done.slice(1), provisioned: done[0] }));
}

const refusedBy = (constraint: string) =>
  new QueryFailedError('', [], Object.assign(new Error(), { code: '23514', constraint }));

describe('AccountLinkingService', () => {
  it('makes a user whose address is verified, with the name of the address where there is none', async () => {
    const { answer, provisioned } = await link({ created: 'new' });
    expect(answer).toEqual({ userId: 'new', how: 'created', credentialsRevoked: false, isFurther: false });
    expect(provisioned).toEqual({
      email: 'ada@example.com',
      name: 'ada',
      avatarUrl: null,
      passwordHash: null,
      emailVerifiedAt: new Date(1_000),
    });
  });

  it.each<[string, object, object, unknown[]]>([
    ['verified', {}, { credentialsRevoked: false }, [{}, 'memberships']],
    [
      'unverified, which is taken from whoever made it (R74)',
      { account: { ...ACCOUNT, emailVerifiedAt: null } },
      { credentialsRevoked: true },
      ['revoke', 1_000, { avatarUrl: null }, 'memberships'],
    ],
    [
      'of another subject, shared (R89)',
      { isFirst: false, profile: { sharesAddress: true } },
      { isFurther: true },
      [{}, 'further', 'memberships'],
    ],
  ])('R27 links the account of the address when it is %s', async (_what, given, answer, done) => {
    const linked = await link(given);
    expect(linked.answer).toMatchObject({ userId: 'u', how: 'linked', ...answer });
    expect(linked.done).toEqual(done);
  });

  it.each<[string, object, object]>([
    ['an inactive account', { account: { ...ACCOUNT, isActive: false } }, { code: 'invalid-token' }],
    ['an account that vanished', { account: undefined }, { code: 'service-unavailable' }],
    ['the account of another subject', { isFirst: false }, { code: 'identity-conflict' }],
    [
      'an unverified account of another subject, though shared',
      { isFirst: false, account: { ...ACCOUNT, emailVerifiedAt: null }, profile: { sharesAddress: true } },
      { code: 'identity-conflict' },
    ],
    [
      'a subject that is known to another account',
      { isFirst: false, isFurther: false, profile: { sharesAddress: true } },
      { code: 'identity-conflict' },
    ],
  ])('R27 R30 refuses %s', async (_what, given, error) => {
    const { answer, done } = await link(given);
    expect(answer).toBeInstanceOf(AppError);
    expect(answer).toMatchObject(error);
    expect(done).not.toContain('memberships');
  });

  it('lets an error of the database through while it revokes access, unless it says who must stay', async () => {
    const account = { ...ACCOUNT, emailVerifiedAt: null };
    const other = refusedBy('ck_of_something_else');
    expect((await link({ account, fault: other })).answer).toBe(other);
  });
});
