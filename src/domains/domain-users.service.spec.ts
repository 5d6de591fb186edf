import { aLockedUser, anAdmin, aUser, authorityOf } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import type { DomainAccessService } from './domain-access.service';
import type { DomainUsersRepository } from './domain-users.repository';
import { DomainUsersService } from './domain-users.service';
import type { Domain } from './domain.entity';

const DESIGN: Domain = {
  id: 'd',
  key: 'design',
  name: 'Design',
  parentDomainId: null,
  isActive: true,
  isDefault: false,
};
const ROOT = anAdmin();

describe('DomainUsersService', () => {
  function usersOf({ users = [aLockedUser()], changed = true } = {}) {
    const journal = new Journal();
    const service = new DomainUsersService(
      journal.database(),
      journal.fake<DomainAccessService>('access', {
        lock: () => Promise.resolve({ domain: DESIGN, authority: authorityOf(ROOT, ...users) }),
        readAsAdmin: refuses('forbidden'),
      }),
      journal.fake<DomainUsersRepository>('assignments', {
        upsert: answers(changed),
        delete: answers(changed),
      }),
      journal.audit(),
    );
    return { journal, service };
  }

  it.each([
    ['assign', 'domain.user.assigned'],
    ['unassign', 'domain.user.unassigned'],
  ] as const)('records %s once: not what stands already', async (act, type) => {
    const { journal, service } = usersOf();
    await service[act]('d', 'ada', ROOT);
    expect(journal.events).toEqual([{ type, domain_id: 'd', user_id: 'ada' }]);
    expect(journal.given('access.lock')).toEqual([[{ id: 'd', principal: ROOT, userIds: ['ada'] }]]);
    const same = usersOf({ changed: false });
    await same.service[act]('d', 'ada', ROOT);
    expect(same.journal.events).toEqual([]);
  });

  it.each(['assign', 'unassign'] as const)('does not %s an id that nobody has', async (act) => {
    const { journal, service } = usersOf({ users: [] });
    expect((await refusalOf(service[act]('d', 'ada', ROOT))).code).toBe('not-found');
    expect(journal.acts).toEqual(['BEGIN', 'tx access.lock', 'ROLLBACK']);
  });

  it('R56 lists nobody for a caller who is no administrator', async () => {
    const { journal, service } = usersOf();
    expect((await refusalOf(service.list('d', undefined, 50, aUser()))).code).toBe('forbidden');
    expect(journal.acts).toEqual(['access.readAsAdmin']);
  });
});
