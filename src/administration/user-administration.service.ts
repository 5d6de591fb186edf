import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import { toManagedUserResponse } from '../identity/dto/managed-user-response.dto';
import { ManagedUsersReader, type ManagedUser } from '../identity/managed-users.reader';
import type { UserListQuery } from '../identity/user-list-statement';
import type { Precondition } from '../http/entity-tag';
import type { Positioned } from '../http/page';
import { Outbox } from '../mail/outbox.service';
import type { Principal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import { TOMBSTONE_REMOVED, USER_DELETED, USER_UPDATED } from './administration-events';
import { ManagedUsersRepository, type ManagedChanges } from './managed-users.repository';

/** The refusal of an id that no user has. */
export const noSuchUser = (): AppError =>
  new AppError('not-found', { detail: 'There is no user with this id.' });

/** Users, as administrators change and delete them. */
@Injectable()
export class UserAdministrationService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly reader: ManagedUsersReader,
    private readonly users: ManagedUsersRepository,
    private readonly outbox: Outbox,
    private readonly audit: Audit,
  ) {}

  /** A page of users, and one more where there are more. */
  list(query: UserListQuery): Promise<Positioned<ManagedUser>[]> {
    return this.reader.list(query);
  }

  async get(id: string, manager?: EntityManager): Promise<ManagedUser> {
    const user = await this.reader.find(id, manager);
    if (!user) throw noSuchUser();
    return user;
  }

  /**
   * Answers the user as changed. Refuses with `last-admin` and `last-owner`, as the database decides. A deactivation ends all that
   * was issued to the user, and a changed address loses its proof: that is the database's work too.
   */
  async update(
    principal: Principal,
    id: string,
    changes: ManagedChanges,
    precondition: Precondition,
  ): Promise<ManagedUser> {
    return this.database.transaction(async (manager) => {
      const { email } = await this.lock(principal, id, precondition, manager);
      // Who may administer users is decided by users.
      if (changes.role !== undefined && principal.kind !== 'user') throw new AppError('forbidden');
      await this.users.update(id, changes, manager);
      const changed = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
      const { role, isActive } = changes;
      const change = descriptionOf(changes);
      if (change !== '')
        await this.outbox.notify('account-changed', { userId: id, address: email }, manager, { change });
      const facts = { user_id: id, changed, ...(role && { role }) };
      await this.audit.record(
        USER_UPDATED,
        isActive === undefined ? facts : { ...facts, is_active: isActive },
        manager,
      );
      return this.get(id, manager);
    });
  }

  /** Leaves a tombstone: a token of a provider does not bring the user back. */
  async delete(principal: Principal, id: string, precondition: Precondition): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { email } = await this.lock(principal, id, precondition, manager);
      await this.outbox.notify('account-deleted', { userId: null, address: email }, manager);
      await this.users.delete(id, manager);
      await this.audit.record(USER_DELETED, { user_id: id }, manager);
    });
  }

  /** Lets the identities of a deleted user come back. */
  async removeTombstone(principal: Principal, id: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.authority.require(principal, 'users:write', manager);
      if (!(await this.users.deleteTombstone(id, manager))) {
        throw new AppError('not-found', { detail: 'There is no tombstone of a user with this id.' });
      }
      await this.audit.record(TOMBSTONE_REMOVED, { user_id: id }, manager);
    });
  }

  private async lock(
    principal: Principal,
    id: string,
    precondition: Precondition,
    manager: EntityManager,
  ): Promise<LockedUser> {
    const authority = await this.authority.require(principal, 'users:write', manager, [id]);
    const user = authority.user(id);
    if (!user) throw noSuchUser();
    authority.requireOver(principal, user);
    if (precondition.isGiven) precondition.check(toManagedUserResponse(await this.get(id, manager)));
    return user;
  }
}

/** What an administrator has changed, in words for the user. */
function descriptionOf({ isActive, ...changes }: ManagedChanges): string {
  const words = { email: 'the e-mail address', name: 'the name', avatarUrl: 'the picture', role: 'the role' };
  const changed = Object.entries(words).flatMap(([name, word]) =>
    changes[name as keyof typeof changes] === undefined ? [] : [word],
  );
  if (isActive !== undefined) changed.push(isActive ? 'it was activated' : 'it was deactivated');
  return changed.join(', ');
}
