import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { RIGHTS_ENDED } from '../federation/federation-events';
import { IdentityContextReader } from '../identity/identity-context.reader';
import { UserProvisioner } from '../identity/user-provisioner';
import { PASSWORD } from '../passwords/authentication-method';
import type { EndReason } from '../sessions/end-reason';
import { SessionsService } from '../sessions/sessions.service';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';

/** The parts of which recoveries are made. All run in the caller's transaction, which holds the lock of the user. */
@Injectable()
export class AccountRecovery {
  constructor(
    private readonly users: UsersService,
    private readonly provisioner: UserProvisioner,
    private readonly sessions: SessionsService,
    private readonly identities: IdentityContextReader,
    private readonly issuer: TokenIssuer,
    private readonly audit: Audit,
  ) {}

  /**
   * Ends the rights that were given by hand to a user whose address was never proven (R74): they were meant for the owner of the
   * address, who may be another. The database refuses it for the last administrator and the last owner of a team.
   */
  async endRightsOfUnproven(
    { id, emailVerified }: LockedUser,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<void> {
    if (emailVerified) return;
    const { wasAdmin, teams, domains } = await this.provisioner.resetRights(id, manager);
    if (!wasAdmin && teams.length + domains.length === 0) return;
    const facts = { user_id: id, reason, ...(wasAdmin && { role: 'admin' }), teams, domains, identities: [] };
    await this.audit.record(RIGHTS_ENDED, facts, manager);
  }

  markEmailVerified(userId: string, manager: EntityManager): Promise<void> {
    return this.users.markEmailVerified(userId, new Date(), manager);
  }

  /** Whatever the password was. */
  async setPassword(userId: string, hash: string, manager: EntityManager): Promise<void> {
    await this.users.setPassword(userId, hash, manager);
  }

  /** Ends everything that was issued: sessions, and tokens of providers. */
  async endAll(userId: string, reason: EndReason, manager: EntityManager): Promise<void> {
    await this.sessions.endAll(userId, undefined, reason, manager);
    await this.users.endTokensOfBefore(userId, manager);
  }

  /** Ends all sessions but one. */
  endOthers(userId: string, except: string | null, reason: EndReason, manager: EntityManager): Promise<void> {
    return this.sessions.endAll(userId, except ?? undefined, reason, manager);
  }

  /** Opens a session with the credentials that the user has now. */
  async signIn(userId: string, manager: EntityManager): Promise<TokenPair> {
    const { email } = await this.identities.getById(userId, manager);
    const { identity, credentialsVersion } = await this.identities.getWithCredentials(email, manager);
    const session = await this.sessions.open({ userId, credentialsVersion, methods: [PASSWORD] }, manager);
    if (!session) throw new AppError('code-invalid');
    return this.issuer.issuePair(identity, session);
  }

  /** Call it after the transaction. */
  endSurplus(userId: string): Promise<void> {
    return this.sessions.endSurplus(userId);
  }
}
