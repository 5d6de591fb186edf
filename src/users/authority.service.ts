import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { isScope, permissionsOfRole, permissionsOfScopes, type Permission } from '../security/permissions';
import type { Principal } from '../security/principal';
import { UsersRepository, type LockedUser } from './users.repository';

/** A caller whose authority holds until their transaction ends, and the users that they act on, locked. */
export class Authority {
  constructor(
    private readonly permissions: readonly Permission[],
    private readonly users: ReadonlyMap<string, LockedUser>,
    private readonly isService = false,
  ) {}

  may(permission: Permission): boolean {
    return this.permissions.includes(permission);
  }

  /** Refuses with `forbidden`, a service with `insufficient-scope`. */
  require(permission: Permission): void {
    if (this.may(permission)) return;
    const reason = `lacks ${permission}`;
    if (this.isService) throw new AppError('insufficient-scope', { scope: permission, reason });
    throw new AppError('forbidden', { reason });
  }

  /** Refuses with `forbidden` a service that acts on an administrator: its scopes name no platform role. */
  requireOver(principal: Principal, target: LockedUser): void {
    if (principal.kind === 'service' && target.role === 'admin')
      throw new AppError('forbidden', { reason: 'a service acts on an administrator' });
  }

  /** One of the users acted on; undefined when there is no such user. */
  user(id: string): LockedUser | undefined {
    return this.users.get(id);
  }
}

/**
 * Decides in the transaction of an act whether its caller may do it. The guard has decided by what it read before: a demotion
 * or a deactivation that commits first wins.
 */
@Injectable()
export class AuthorityService {
  constructor(private readonly users: UsersRepository) {}

  /**
   * Locks the row of the caller, and those of the users that they act on, in the order of ids. It comes before any other
   * statement of the transaction that locks rows. Refuses with `invalid-token` a caller who is gone or switched off, or whose
   * service key is.
   */
  async lock(
    principal: Principal,
    manager: EntityManager,
    userIds: readonly string[] = [],
  ): Promise<Authority> {
    if (principal.kind === 'service') {
      const users = await this.users.lockAll({ written: userIds }, manager);
      const held = await this.users.lockServiceKey(principal.keyId, manager);
      if (!held) throw new AppError('invalid-token', { reason: 'service key' });
      const granted = permissionsOfScopes(held.filter(isScope));
      const scopes = principal.scopes.filter((scope) => granted.includes(scope));
      return new Authority(permissionsOfScopes(scopes), users, true);
    }
    const { id } = principal.identity;
    const users = await this.users.lockAll({ written: userIds, read: id }, manager);
    const caller = users.get(id);
    if (!caller) throw new AppError('invalid-token', { reason: 'unknown user' });
    if (!caller.isActive) throw new AppError('invalid-token', { reason: 'inactive user' });
    return new Authority(permissionsOfRole(caller.role), users);
  }

  /** The same for an act that needs a permission; refuses a caller without it, as `Authority.require` does. */
  async require(
    principal: Principal,
    permission: Permission,
    manager: EntityManager,
    userIds: readonly string[] = [],
  ): Promise<Authority> {
    const authority = await this.lock(principal, manager, userIds);
    authority.require(permission);
    return authority;
  }
}
