import { answers, done, Journal, type Plan } from '../../test/support/unit/journal';
import type { TeamsRepository } from './teams.repository';
import { TeamsService } from './teams.service';

function serviceOf(plan: Plan<TeamsRepository>) {
  const journal = new Journal();
  const service = new TeamsService(
    journal.fake<TeamsRepository>('teams', { insertMembership: done, ...plan }),
  );
  return { journal, service, warned: jest.spyOn(service['logger'], 'warn').mockReturnValue(undefined) };
}

describe('TeamsService', () => {
  it('puts a user into the default team without a role', async () => {
    const { journal, service } = serviceOf({ findDefaultId: answers('general') });
    expect(await service.joinDefault('ada', journal.manager)).toBe('general');
    expect(journal.given('teams.insertMembership')).toEqual([['ada', 'general']]);
  });

  it('goes on without a default team, and warns: an operator may want none', async () => {
    const { journal, service, warned } = serviceOf({ findDefaultId: answers(undefined) });
    expect(await service.joinDefault('ada', journal.manager)).toBeUndefined();
    expect(journal.acts).toEqual(['teams.findDefaultId']);
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it('R74 tells what ended: not the membership of the default team that stands again, but the role in it', async () => {
    const removed = [
      { id: 'general', role: null },
      { id: 'design', role: null },
    ] as const;
    const { journal, service } = serviceOf({
      findDefaultId: answers('general'),
      deleteMembershipsOf: answers(removed),
    });
    expect(await service.leaveAllButDefault('ada', journal.manager)).toEqual([removed[1]]);
    expect(journal.acts).toEqual([
      'teams.deleteMembershipsOf',
      'teams.findDefaultId',
      'teams.insertMembership',
    ]);
    const owner = serviceOf({
      findDefaultId: answers('general'),
      deleteMembershipsOf: answers([{ id: 'general', role: 'owner' }]),
    });
    expect(await owner.service.leaveAllButDefault('ada', journal.manager)).toHaveLength(1);
  });

  it('says whether there is a team of the name, and joins none else', async () => {
    const { journal, service } = serviceOf({ findIdByName: answers(undefined) });
    expect(await service.join('ada', 'Nothing', 'owner', journal.manager)).toBe(false);
    expect(journal.acts).toEqual(['teams.findIdByName']);
  });
});
