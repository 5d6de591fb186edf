import { AppError } from '../common/errors/app-error';
import type { ExternalProfile } from '../identity/external-profile';
import { FederatedIdentityService } from './federated-identity.service';

const IDENTITY = { id: 'u', isActive: true };
const KNOWN = { identity: IDENTITY, hasEnded: false, isOutdated: false };
const PROFILE = { issuer: 'i', verifiedEmail: 'ada@example.com' };
const LINKED = { userId: 'u', how: 'linked', credentialsRevoked: true, isFurther: false };
const OUTAGE = new AppError('service-unavailable');

interface Given {
  readonly known?: object;
  readonly within?: (object | undefined)[];
  readonly wasDeleted?: boolean;
  readonly linked?: object;
  readonly profile?: object;
}

/** What becomes of a profile; `within` is what the reader finds under the lock, one after the other. */
function resolve(given: Given) {
  const { known, within = [], wasDeleted = false, linked = LINKED, profile = PROFILE } = given;
  const done: unknown[] = [];
  const fakes = [
    { transaction: (work: (manager: string) => unknown) => work('manager') },
    { find: () => Promise.resolve(known), findWithin: () => Promise.resolve(within.shift()) },
    { lock: () => Promise.resolve(done.push('lock')), wasDeleted: () => Promise.resolve(wasDeleted) },
    {
      link: () =>
        linked instanceof Error ? Promise.reject(linked) : Promise.resolve((done.push('link'), linked)),
    },
    { sync: () => Promise.resolve(done.push('sync')) },
    { record: (_event: object, facts: object) => done.push(facts) },
  ];
  const service = new FederatedIdentityService(
    ...(fakes as unknown as ConstructorParameters<typeof FederatedIdentityService>),
  );
  return service
    .resolve(profile as Partial<ExternalProfile> as ExternalProfile)
    .catch((error: unknown) => error)
    .then((answer) => ({ answer, done }));
}

const AUDITED = expect.objectContaining({ user_id: 'u', issuer: 'i', credentials_revoked: true }) as unknown;

describe('FederatedIdentityService', () => {
  it.each<[string, Given, unknown[]]>([
    ['a known user of whom nothing is new: no write', { known: KNOWN }, []],
    [
      'a known user of whom something is new',
      { known: { ...KNOWN, isOutdated: true }, within: [{ ...KNOWN, isOutdated: true }, KNOWN] },
      ['lock', 'sync'],
    ],
    [
      'the same, when another request was faster',
      { known: { ...KNOWN, isOutdated: true }, within: [KNOWN] },
      ['lock'],
    ],
    ['a new user', { within: [undefined, KNOWN] }, ['lock', 'link', AUDITED]],
    ['a new user, when another request was faster', { within: [KNOWN] }, ['lock']],
  ])('R27 R31 answers %s', async (_what, given, expected) => {
    const { answer, done } = await resolve(given);
    expect(answer).toBe(IDENTITY);
    expect(done).toEqual(expected);
  });

  it.each<[string, Given, string, boolean]>([
    [
      'an inactive user',
      { known: { ...KNOWN, identity: { ...IDENTITY, isActive: false } } },
      'invalid-token',
      true,
    ],
    ['a token that has ended', { known: { ...KNOWN, hasEnded: true } }, 'invalid-token', false],
    ['an address that nobody verified', { profile: { issuer: 'i' } }, 'email-not-verified', true],
    ['a deleted user', { within: [undefined], wasDeleted: true }, 'invalid-token', true],
    [
      'a conflict',
      { within: [undefined], linked: new AppError('identity-conflict') },
      'identity-conflict',
      true,
    ],
    [
      'a token that ended at first sight',
      { within: [undefined, { ...KNOWN, hasEnded: true }] },
      'invalid-token',
      true,
    ],
    ['an identity that vanished', { within: [undefined, undefined] }, 'service-unavailable', false],
    ['an outage', { within: [undefined], linked: OUTAGE }, 'service-unavailable', false],
  ])('refuses %s', async (_what, given, code, isAudited) => {
    const { answer, done } = await resolve(given);
    expect(answer).toMatchObject({ code });
    expect(done.some((each) => typeof each === 'object')).toBe(isAudited);
  });
});
