import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { untilNextSecond } from '../common/until-next-second';
import { Database } from '../database/database';
import { Outbox } from '../mail/outbox.service';
import type { Principal } from '../security/principal';
import type { Session } from '../sessions/session.entity';
import { SessionsService } from '../sessions/sessions.service';
import { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { noSuchUser } from './user-administration.service';

/** Sessions of users, as administrators list and end them (R21). */
@Injectable()
export class UserSessionsService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly outbox: Outbox,
  ) {}

  /** The active ones, the newest first. */
  async list(principal: Principal, userId: string): Promise<Session[]> {
    await this.database.transaction(async (manager) => {
      const authority = await this.authority.require(principal, 'users:read', manager, [userId]);
      if (!authority.user(userId)) throw noSuchUser();
    });
    return this.sessions.list(userId);
  }

  async endOne(principal: Principal, userId: string, sessionId: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const user = await this.lock(principal, userId, manager);
      if (!(await this.sessions.end({ sessionId, userId }, 'ended-by-admin', manager))) {
        throw new AppError('not-found', { detail: 'This user has no active session with this id.' });
      }
      await this.tell(user, 'a session was ended', manager);
    });
  }

  /** Ends everything that was issued to the user before: sessions, and tokens of providers (R76). */
  async endAll(principal: Principal, userId: string): Promise<void> {
    const moved = await this.database.transaction(async (manager) => {
      const user = await this.lock(principal, userId, manager);
      await this.tell(user, 'all sessions were ended', manager);
      await this.sessions.endAll(userId, undefined, 'ended-by-admin', manager);
      return this.users.endTokensOfBefore(userId, manager);
    });
    if (moved?.hasIdentities) await untilNextSecond(moved.notBefore);
  }

  private async lock(principal: Principal, userId: string, manager: EntityManager): Promise<LockedUser> {
    const authority = await this.authority.require(principal, 'users:write', manager, [userId]);
    const user = authority.user(userId);
    if (!user) throw noSuchUser();
    authority.requireOver(principal, user);
    return user;
  }

  private tell({ id: userId, email: address }: LockedUser, change: string, manager: EntityManager) {
    return this.outbox.notify('account-changed', { userId, address }, manager, { change });
  }
}
