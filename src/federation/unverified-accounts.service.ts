import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { UserProvisioner } from '../identity/user-provisioner';
import type { EndReason } from '../sessions/end-reason';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { RIGHTS_ENDED } from './federation-events';
import { UserIdentitiesRepository } from './user-identities.repository';

/**
 * Users whose address is unverified. Someone other than the owner of the address may have registered it, and rights may have
 * been granted by mistake: when the address is verified, all of them are revoked.
 */
@Injectable()
export class UnverifiedAccountsService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly identities: UserIdentitiesRepository,
    private readonly provisioner: UserProvisioner,
    private readonly audit: Audit,
  ) {}

  /**
   * Removes the password, the sessions with their tokens, the identities at providers other than `issuer`, the platform role, and
   * every membership and assignment except those of a new user. The database refuses it for the last administrator and the
   * last owner of a team. Runs in the caller's transaction, which holds the lock of the user's row.
   */
  async revokeAccess(
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
    await this.audit.record(
      RIGHTS_ENDED,
      {
        user_id: userId,
        reason,
        ...(wasAdmin && { role: 'admin' }),
        teams,
        domains,
        identities,
      },
      manager,
    );
  }
}
