import type { TeamRole } from './team-membership.entity';

/** Every role in a team, the most powerful first. */
export const TEAM_ROLES: readonly TeamRole[] = ['owner', 'admin', 'member'];
