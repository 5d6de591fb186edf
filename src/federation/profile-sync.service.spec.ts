import type { EntityManager } from 'typeorm';
import type { ExternalProfile } from '../identity/external-profile';
import type { ProviderIdentity } from '../identity/provider-identities.reader';
import { ProfileSyncService } from './profile-sync.service';

const MANAGER = {} as EntityManager;

/** What is written for a user of whom this is known, when the provider says this. */
async function written(known: object, said: object): Promise<unknown[]> {
  const done: unknown[] = [];
  const note = (what: string) => (_id: unknown, value: unknown, more: unknown) =>
    Promise.resolve(done.push([what, what === 'profile' ? value : more]));
  const fakes = [
    { updateClaims: () => Promise.resolve(done.push('claims')) },
    { updateProfile: note('profile') },
    { followProvider: note('teams') },
    { followProvider: note('domains') },
  ];
  const service = new ProfileSyncService(
    ...(fakes as unknown as ConstructorParameters<typeof ProfileSyncService>),
  );
  const identity = { identity: { id: 'u' }, profileChanges: {}, areMembershipsOutdated: true, ...known };
  await service.sync(
    identity as unknown as ProviderIdentity,
    { issuer: 'i', ...said } as Partial<ExternalProfile> as ExternalProfile,
    MANAGER,
  );
  return done;
}

describe('ProfileSyncService', () => {
  it.each<[string, object, object, unknown[]]>([
    ['nothing else', {}, {}, ['claims']],
    ['another name', { profileChanges: { name: 'Ada' } }, {}, [['profile', { name: 'Ada' }], 'claims']],
    ['teams', {}, { teamRefs: ['eng'] }, [['teams', ['eng']], 'claims']],
    ['no team any more', {}, { teamRefs: [] }, [['teams', []], 'claims']],
    ['domains', {}, { domainKeys: ['a'] }, [['domains', ['a']], 'claims']],
    ['teams that are old news', { areMembershipsOutdated: false }, { teamRefs: ['eng'] }, ['claims']],
  ])('R31 a provider that says %s', async (_what, known, said, expected) => {
    expect(await written(known, said)).toEqual(expected);
  });
});
