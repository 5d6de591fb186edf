import type { EntityManager } from 'typeorm';
import type { NewUser } from '../users/users.repository';
import { UserProvisioner } from './user-provisioner';

function provisionerOf(id: string | undefined) {
  const done: string[] = [];
  const fakes = [
    { createIfAbsent: () => Promise.resolve(id), removeAdminRole: () => Promise.resolve(true) },
    {
      joinDefault: () => Promise.resolve(done.push('team')),
      leaveAllButDefault: () => Promise.resolve(['a team']),
    },
    {
      assignDefault: () => Promise.resolve(done.push('domain')),
      unassignAllButDefault: () => Promise.resolve(['a domain']),
    },
    { revokeOwned: () => Promise.resolve(done.push('keys')) },
  ];
  const provisioner = new UserProvisioner(
    ...(fakes as unknown as ConstructorParameters<typeof UserProvisioner>),
  );
  return { provisioner, done };
}

const MANAGER = {} as EntityManager;
const USER = {} as NewUser;

describe('UserProvisioner', () => {
  it('makes a user in the default team and domain', async () => {
    const { provisioner, done } = provisionerOf('u');
    expect(await provisioner.provision(USER, MANAGER)).toBe('u');
    expect(done).toEqual(['team', 'domain']);
  });

  it('R44 gives nothing to whoever had the address before', async () => {
    const { provisioner, done } = provisionerOf(undefined);
    expect(await provisioner.provision(USER, MANAGER)).toBeUndefined();
    expect(done).toEqual([]);
  });

  it('answers what a user had before their rights were reset', async () => {
    const { provisioner, done } = provisionerOf('u');
    expect(await provisioner.resetRights('u', MANAGER)).toEqual({
      wasAdmin: true,
      teams: ['a team'],
      domains: ['a domain'],
    });
    expect(done).toEqual(['keys']);
  });
});
