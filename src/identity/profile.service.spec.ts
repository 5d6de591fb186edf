import type { IdentityContext } from '../security/identity-context';
import { ProfileService } from './profile.service';

const IDENTITY = { id: 'u' } as Partial<IdentityContext> as IdentityContext;
const CHANGED = { id: 'u', name: 'Ada' };

function serviceOf(isThere: boolean) {
  const written: object[] = [];
  const fakes = [
    { transaction: (work: (manager: string) => unknown) => work('manager') },
    {
      updateProfile: (_id: string, changes: object) => {
        written.push(changes);
        return Promise.resolve(isThere);
      },
    },
    { getById: () => Promise.resolve(CHANGED) },
  ];
  const service = new ProfileService(...(fakes as unknown as ConstructorParameters<typeof ProfileService>));
  return { service, written };
}

describe('ProfileService', () => {
  it('writes what is given, null too, and answers the user as changed', async () => {
    const { service, written } = serviceOf(true);
    const changes = { name: undefined, avatarUrl: null } as unknown as Parameters<
      ProfileService['update']
    >[1];
    expect(await service.update(IDENTITY, changes)).toBe(CHANGED);
    expect(written).toEqual([{ avatarUrl: null }]);
  });

  it('writes nothing when nothing is given', async () => {
    const { service, written } = serviceOf(true);
    expect(await service.update(IDENTITY, {})).toBe(IDENTITY);
    expect(written).toEqual([]);
  });

  it('R16 refuses the token of a user who was deleted after the guard', async () => {
    await expect(serviceOf(false).service.update(IDENTITY, { name: 'Ada' })).rejects.toMatchObject({
      code: 'invalid-token',
      reason: 'unknown user',
    });
  });
});
