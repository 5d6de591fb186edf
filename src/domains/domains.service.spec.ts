import { answers, done, Journal, type Plan } from '../../test/support/unit/journal';
import type { DomainsRepository } from './domains.repository';
import { DomainsService } from './domains.service';

function serviceOf(plan: Plan<DomainsRepository>) {
  const journal = new Journal();
  const service = new DomainsService(
    journal.fake<DomainsRepository>('domains', { insertAssignment: done, ...plan }),
  );
  return { journal, service, warned: jest.spyOn(service['logger'], 'warn').mockReturnValue(undefined) };
}

describe('DomainsService', () => {
  it('goes on without a default domain, and warns: an operator may want none', async () => {
    const { journal, service, warned } = serviceOf({ findDefaultId: answers(undefined) });
    expect(await service.assignDefault('ada', journal.manager)).toBeUndefined();
    expect(journal.acts).toEqual(['domains.findDefaultId']);
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('R74 tells which assignments ended: not that to the default domain, which stands again', async () => {
    const { journal, service } = serviceOf({
      findDefaultId: answers('engineering'),
      deleteAssignmentsOf: answers(['engineering', 'design']),
    });
    expect(await service.unassignAllButDefault('ada', journal.manager)).toEqual(['design']);
    expect(journal.given('domains.insertAssignment')).toEqual([['ada', 'engineering']]);
  });

  it('says whether there is a domain of the key, and assigns to none else', async () => {
    const { journal, service } = serviceOf({ findIdByKey: answers(undefined) });
    expect(await service.assign('ada', 'nothing', journal.manager)).toBe(false);
    expect(journal.acts).toEqual(['domains.findIdByKey']);
  });
});
