import type { Principal } from '../../../src/security/principal';
import { TeamAccess, type TeamAccessService } from '../../../src/teams/team-access.service';
import type { TeamRole } from '../../../src/teams/team-membership.entity';
import type { Team } from '../../../src/teams/team.entity';
import type { LockedUser } from '../../../src/users/users.repository';
import { authorityOf } from './callers';
import type { Journal } from './journal';

/** The team Design. */
export const aTeam = (facts: Partial<Team> = {}): Team => ({
  id: 't',
  name: 'Design',
  externalRef: null,
  isActive: true,
  isDefault: false,
  ...facts,
});

/** Access to a team for a caller with a role in it; the users acted on are locked. */
export function accessOf(
  journal: Journal,
  caller: Principal,
  { role, users = [], team = aTeam() }: { role?: TeamRole | undefined; users?: LockedUser[]; team?: Team },
): TeamAccessService {
  return journal.fake<TeamAccessService>('access', {
    lock: () => Promise.resolve(new TeamAccess(team, authorityOf(caller, ...users), role)),
    read: () => Promise.resolve(team),
  });
}
