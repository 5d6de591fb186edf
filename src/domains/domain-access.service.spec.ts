import { anAdmin, aService, aUser, authorityOf } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import { DomainAccessService } from './domain-access.service';
import type { DomainAdministrationRepository } from './domain-administration.repository';
import type { Domain } from './domain.entity';

const DESIGN: Domain = {
  id: 'd',
  key: 'design',
  name: 'Design',
  parentDomainId: null,
  isActive: true,
  isDefault: false,
};
const INACTIVE = { ...DESIGN, isActive: false };

function serviceOf(domain: Domain | null) {
  const journal = new Journal();
  const service = new DomainAccessService(
    journal.fake<AuthorityService>('authority', {
      lock: (principal) => Promise.resolve(authorityOf(principal)),
    }),
    journal.fake<DomainAdministrationRepository>('domains', {
      find: answers(domain),
      lock: answers(domain),
      lockTree: done,
    }),
  );
  return { journal, service };
}

describe('DomainAccessService', () => {
  it.each<[string, Principal, Domain | null, [read: string, asAdmin: string]]>([
    ['a user', aUser(), DESIGN, ['allowed', 'forbidden']],
    ['an administrator', anAdmin(), DESIGN, ['allowed', 'allowed']],
    ['a service with the scope', aService('domains:write'), INACTIVE, ['allowed', 'allowed']],
    ['an administrator, of an inactive one', anAdmin(), INACTIVE, ['allowed', 'allowed']],
    ['a user, of an inactive one', aUser(), INACTIVE, ['not-found', 'not-found']],
    ['a user, of none', aUser(), null, ['not-found', 'not-found']],
    ['an administrator, of none', anAdmin(), null, ['not-found', 'not-found']],
  ])(
    'decides for %s: to read it, and what only administrators read',
    async (_who, caller, domain, outcomes) => {
      const { service } = serviceOf(domain);
      const outcome = (work: Promise<unknown>) =>
        work.then(
          () => 'allowed',
          (error: { code: string }) => error.code,
        );
      expect([
        await outcome(service.read('d', caller)),
        await outcome(service.readAsAdmin('d', caller)),
      ]).toEqual(outcomes);
    },
  );

  it.each([
    [false, ['authority.lock', 'domains.lock']],
    [true, ['authority.lock', 'domains.lockTree', 'domains.lock']],
  ])(
    'R56 locks caller and users, then the tree if it changes (%s), then the domain',
    async (withTree, acts) => {
      const { journal, service } = serviceOf(DESIGN);
      await service.lock({ id: 'd', principal: anAdmin(), userIds: ['bob'], withTree }, journal.manager);
      expect(journal.acts).toEqual(acts);
      expect(journal.given('authority.lock')[0]?.[1]).toEqual(['bob']);
    },
  );

  it.each<[string, Domain | null, Principal, string]>([
    ['for a user', DESIGN, aUser(), 'forbidden'],
    ['for a service without the scope', DESIGN, aService('teams:write'), 'insufficient-scope'],
    ['that is inactive, for a user', INACTIVE, aUser(), 'not-found'],
  ])('locks no tree, and answers no domain %s', async (_who, domain, principal, code) => {
    const { journal, service } = serviceOf(domain);
    const locked = service.lock({ id: 'd', principal, withTree: true }, journal.manager);
    expect((await refusalOf(locked)).code).toBe(code);
    expect(journal.acts).not.toContain('domains.lockTree');
  });
});
