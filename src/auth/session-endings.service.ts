import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { untilNextSecond } from '../common/until-next-second';
import { AppError } from '../common/errors/app-error';
import type { UserPrincipal } from '../security/principal';
import { Database } from '../database/database';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { ProviderSignOutService } from '../federation/provider-sign-out.service';
import { ReauthenticationService } from '../passwords/reauthentication.service';
import { refused } from '../tokens/access-tokens';

/** Ends sessions on request of their user. */
@Injectable()
export class SessionEndingsService {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly providerSignOut: ProviderSignOutService,
    private readonly reauthentication: ReauthenticationService,
  ) {}

  /** Ends one session; the current one without further proof. Refuses with `not-found` when it is not active. */
  async endOne(sessionId: string, principal: UserPrincipal, password: string | undefined): Promise<void> {
    const isCurrent = sessionId === principal.sessionId;
    if (!isCurrent) await this.reauthentication.require(principal, password);
    const ended = await this.database.transaction(async (manager) => {
      if (!isCurrent) await this.lock(principal, manager);
      return this.sessions.end({ sessionId, userId: principal.identity.id }, 'ended-by-user', manager);
    });
    if (!ended) throw new AppError('not-found', { detail: 'There is no active session with this id.' });
  }

  /** Ends all sessions except the current one. */
  async endOthers(principal: UserPrincipal, password: string | undefined): Promise<void> {
    await this.reauthentication.require(principal, password);
    await this.database.transaction(async (manager) => {
      await this.lock(principal, manager);
      await this.sessions.endAll(principal.identity.id, principal.sessionId, 'ended-by-user', manager);
    });
  }

  /**
   * Ends everything issued to the user up to now: sessions and provider tokens. Provider tokens have an `iat` in whole seconds,
   * so for a user of a provider the answer waits for the next second: a token issued after the answer is then accepted.
   */
  async endAll(principal: UserPrincipal, password: string | undefined): Promise<void> {
    await this.reauthentication.require(principal, password);
    const moved = await this.database.transaction(async (manager) => {
      const { identity, providerToken } = principal;
      // Also by itself: the clock of its provider may be ahead.
      if (providerToken) await this.providerSignOut.end(providerToken, manager);
      await this.lock(principal, manager);
      await this.sessions.endAll(identity.id, undefined, 'ended-by-user', manager);
      return this.users.endTokensOfBefore(identity.id, manager);
    });
    if (moved?.hasIdentities) await untilNextSecond(moved.notBefore);
  }

  /** Blocks sign-ins until the end of the transaction; refuses a caller whose session ended while the password was checked. */
  private async lock({ identity, sessionId }: UserPrincipal, manager: EntityManager): Promise<void> {
    await this.users.lock(identity.id, manager);
    if (sessionId !== undefined && !(await this.sessions.lockActive(sessionId, manager)))
      throw refused('session');
  }
}
