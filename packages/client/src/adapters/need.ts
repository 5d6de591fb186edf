import type { UserContext } from '../api-types';
import type { AuthClient, Need } from '../types';

const NAMES = ['team', 'domain', 'role'];

/** Checks what a route asks for when it is set up. Throws a TypeError. */
export function checkNeed(client: AuthClient, need: Need): Need {
  const unknown = Object.keys(need).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`a need has no member ${unknown}`);
  for (const name of ['team', 'domain'] as const) {
    const value: unknown = need[name];
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TypeError(`${name} must be a text`);
  }
  if (need.role !== undefined && need.role !== 'user' && need.role !== 'admin')
    throw new TypeError('role must be user or admin');
  if (client.mode === 'offline' && Object.values(need).some((value) => value !== undefined))
    throw new TypeError('mode offline knows no teams, domains and roles of a user');
  return need;
}

/** Whether a user has all that is asked for. */
export function meets(user: UserContext, { team, domain, role }: Need): boolean {
  if (team !== undefined && !isInTeam(user, team)) return false;
  if (domain !== undefined && !user.effective_domains.some(({ key }) => key === domain)) return false;
  return role !== 'admin' || user.role === 'admin';
}

/**
 * Whether a user is a member of an active team.
 *
 * @param role role in the team that is needed too; an owner, and an administrator of the platform, is an `admin` of it
 */
export function isInTeam(user: UserContext, team: string, role?: string): boolean {
  const wanted = team.toLowerCase(); // a UUID, as the service writes it
  const membership = user.teams.find(({ id, is_active: isActive }) => id === wanted && isActive);
  if (!membership) return false;
  if (role === undefined || role === 'member' || role === 'user') return true;
  if (role === 'admin')
    return user.role === 'admin' || ['owner', 'admin'].includes(membership.role ?? 'member');
  return membership.role === role;
}
