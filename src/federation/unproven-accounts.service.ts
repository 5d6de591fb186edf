import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import { UserProvisioner } from '../identity/user-provisioner';
import type { EndReason } from '../sessions/end-reason';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { RIGHTS_ENDED } from './federation-events';
import { UserIdentitiesRepository } from './user-identities.repository';

/**
 * Accounts whose address nobody has proven. Whoever made such an account may be somebody else than the owner of the address,
 * and whoever gave it rights may have been mistaken: at the moment of the proof, all of it ends.
 */
@Injectable()
export class UnprovenAccountsService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly identities: UserIdentitiesRepository,
    private readonly provisioner: UserProvisioner,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends the password, the sessions with their tokens, the identities at providers other than `issuer`, the platform role, and
   * every membership and assignment but those that a new user has. The database refuses when they are the last administrator or
   * the last owner of a team. Runs in the caller's transaction, which holds the lock of the user's row.
   */
  async endHoldings(
    userId: string,
    issuer: string,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<void> {
    await this.users.removePassword(userId, manager);
    await this.sessions.endAll(userId, undefined, reason, manager);
    const identities = await this.identities.deleteOfOtherIssuers(userId, issuer, manager);
    const { wasAdmin, teams, domains } = await this.provisioner.resetRights(userId, manager);
    if (!wasAdmin && identities.length + teams.length + domains.length === 0) return;
    this.database.afterCommit(manager, () =>
      this.audit.record(RIGHTS_ENDED, {
        user_id: userId,
        reason,
        ...(wasAdmin && { role: 'admin' }),
        teams,
        domains,
        identities,
      }),
    );
  }
}
