import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import type { Position } from '../common/cursor';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import type { Principal } from '../security/principal';
import { DomainAccessService } from './domain-access.service';
import { DOMAIN_ASSIGNED, DOMAIN_UNASSIGNED } from './domain-events';
import { DomainUsersRepository, type AssignedUser } from './domain-users.repository';

/** Who is assigned to a domain. What is given here is given by hand: no provider takes it back (R85). */
@Injectable()
export class DomainUsersService {
  constructor(
    private readonly database: Database,
    private readonly access: DomainAccessService,
    private readonly assignments: DomainUsersRepository,
    private readonly audit: Audit,
  ) {}

  /** The users behind a position, for administrators; one more than `limit` when there are as many. */
  async list(
    id: string,
    after: Position | undefined,
    limit: number,
    principal: Principal,
  ): Promise<Positioned<AssignedUser>[]> {
    await this.access.readAsAdmin(id, principal);
    return this.assignments.findPage(id, after, limit);
  }

  /** Assigns a user, who may be assigned already. */
  async assign(id: string, userId: string, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { authority } = await this.access.lock({ id, principal, userIds: [userId] }, manager);
      if (!authority.user(userId)) throw noSuchUser();
      if (!(await this.assignments.upsert(id, userId, manager))) return;
      const facts = { domain_id: id, user_id: userId };
      await this.audit.record(DOMAIN_ASSIGNED, facts, manager);
    });
  }

  /** Ends an assignment, whoever gave it; there may be none. */
  async unassign(id: string, userId: string, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { authority } = await this.access.lock({ id, principal, userIds: [userId] }, manager);
      if (!authority.user(userId)) throw noSuchUser();
      if (!(await this.assignments.delete(id, userId, manager))) return;
      const facts = { domain_id: id, user_id: userId };
      await this.audit.record(DOMAIN_UNASSIGNED, facts, manager);
    });
  }
}

function noSuchUser(): AppError {
  return new AppError('not-found', { detail: 'There is no such user.' });
}
