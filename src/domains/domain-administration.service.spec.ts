import { anAdmin, aUser, authorityOf } from '../../test/support/unit/callers';
import { comingOnce, repeated } from '../../test/support/unit/idempotency';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import { Precondition } from '../http/entity-tag';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { AuthorityService } from '../users/authority.service';
import type { DomainAccessService } from './domain-access.service';
import type { DomainAdministrationRepository, DomainChanges } from './domain-administration.repository';
import { DomainAdministrationService } from './domain-administration.service';
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
const ANY = new Precondition(undefined);
const OTHER = new Precondition('"another"');

interface Given {
  domain?: Domain;
  domains?: Plan<DomainAdministrationRepository>;
  idempotency?: IdempotencyService;
}

function serviceOf({ domain = DESIGN, domains = {}, idempotency = comingOnce() }: Given = {}) {
  const journal = new Journal();
  const service = new DomainAdministrationService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: (principal, permission) => {
        const authority = authorityOf(principal);
        authority.require(permission);
        return Promise.resolve(authority);
      },
    }),
    journal.fake<DomainAccessService>('access', {
      lock: () => Promise.resolve({ domain, authority: authorityOf(ROOT) }),
    }),
    journal.fake<DomainAdministrationRepository>('domains', {
      lockTree: done,
      keep: answers(true),
      insert: answers(DESIGN),
      update: answers(DESIGN),
      delete: done,
      hasChildren: answers(false),
      moveChildrenUp: answers(2),
      ...domains,
    }),
    idempotency,
    journal.audit(),
  );
  const create = (parentDomainId: string | null, caller = ROOT) =>
    service.create({ key: 'design', name: 'Design', parentDomainId }, undefined, caller);
  const update = (changes: DomainChanges, precondition = ANY) =>
    service.update('d', changes, precondition, ROOT);
  const remove = (children: 'refuse' | 'move-up', precondition = ANY) =>
    service.delete('d', children, precondition, ROOT);
  return { journal, create, update, remove };
}

describe('DomainAdministrationService.create', () => {
  it('makes a domain under the lock of the tree, with the parent kept until the end', async () => {
    const { journal, create } = serviceOf();
    await create('parent');
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx domains.lockTree',
      'tx domains.keep',
      'tx domains.insert',
      'tx audit domain.created',
      'COMMIT',
    ]);
  });

  it('refuses a parent that does not exist by name of the field', async () => {
    const { journal, create } = serviceOf({ domains: { keep: answers(false) } });
    expect(await refusalOf(create('none'))).toMatchObject({
      code: 'invalid-input',
      faults: [{ pointer: '#/parent_domain_id' }],
    });
    expect(journal.acts).not.toContain('tx domains.insert');
  });

  it('makes none for a user, not even again', async () => {
    const { journal, create } = serviceOf({ idempotency: repeated({}) });
    expect((await refusalOf(create(null, aUser()))).code).toBe('forbidden');
    expect(journal.acts).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
  });
});

describe('DomainAdministrationService.update', () => {
  it.each<[string, DomainChanges, boolean]>([
    ['a move', { parentDomainId: 'parent' }, true],
    ['a move to the top', { parentDomainId: null }, true],
    ['another name', { name: 'UX' }, false],
  ])('locks the tree only where it changes: %s', async (_what, changes, withTree) => {
    const { journal, update } = serviceOf();
    await update(changes);
    expect(journal.given('access.lock')).toEqual([[{ id: 'd', principal: ROOT, withTree }]]);
    expect(journal.events).toEqual([
      { type: 'domain.updated', domain_id: 'd', changed: Object.keys(changes) },
    ]);
  });

  it.each<[string, Given, DomainChanges, string]>([
    [
      'under a parent that does not exist',
      { domains: { keep: answers(false) } },
      { parentDomainId: 'x' },
      'invalid-input',
    ],
    [
      'that is the default, so that there is none',
      { domain: { ...DESIGN, isDefault: true } },
      { isDefault: false },
      'default-in-use',
    ],
  ])('changes no domain %s', async (_which, given, changes, code) => {
    const { journal, update } = serviceOf(given);
    expect((await refusalOf(update(changes))).code).toBe(code);
    expect(journal.acts).not.toContain('tx domains.update');
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
  });

  it('changes no domain that is another by now', async () => {
    const { journal, update } = serviceOf();
    expect((await refusalOf(update({ name: 'UX' }, OTHER))).code).toBe('precondition-failed');
    expect(journal.acts).toEqual(['BEGIN', 'tx access.lock', 'ROLLBACK']);
  });

  it('records no change that the database refuses', async () => {
    const { journal, update } = serviceOf({ domains: { update: refuses('domain-cycle') } });
    expect((await refusalOf(update({ parentDomainId: 'child' }))).code).toBe('domain-cycle');
    expect(journal.events).toEqual([]);
  });
});

describe('DomainAdministrationService.delete', () => {
  it('refuses a domain with domains below it, unless they are to move up', async () => {
    const children = { hasChildren: answers(true) };
    const { journal, remove } = serviceOf({ domains: children });
    expect((await refusalOf(remove('refuse'))).code).toBe('domain-has-children');
    expect(journal.acts).not.toContain('tx domains.delete');
    const moving = serviceOf({ domains: children });
    await moving.remove('move-up');
    expect(moving.journal.acts.slice(2)).toEqual([
      'tx domains.moveChildrenUp',
      'tx domains.delete',
      'tx audit domain.deleted',
      'COMMIT',
    ]);
    expect(moving.journal.events).toMatchObject([{ domain_id: 'd', moved: 2 }]);
  });

  it('deletes one without any, and moves nothing', async () => {
    const { journal, remove } = serviceOf();
    await remove('refuse');
    expect(journal.acts).not.toContain('tx domains.moveChildrenUp');
    expect(journal.events).toMatchObject([{ moved: 0 }]);
  });

  it('deletes none that is another by now', async () => {
    const { journal, remove } = serviceOf();
    expect((await refusalOf(remove('move-up', OTHER))).code).toBe('precondition-failed');
    expect(journal.acts).toEqual(['BEGIN', 'tx access.lock', 'ROLLBACK']);
  });
});
