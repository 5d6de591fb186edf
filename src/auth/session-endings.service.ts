import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { outOfTime, timeFor } from '../common/deadline';
import { AppError } from '../common/errors/app-error';
import type { UserPrincipal } from '../security/principal';
import { Database } from '../database/database';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { ProviderSignOutService } from '../federation/provider-sign-out.service';
import { ReauthenticationService } from '../passwords/reauthentication.service';
import { refused } from '../tokens/access-tokens';

const SECOND_MS = 1_000;

/** Refuses with `service-unavailable` when there is no time for it: the caller may end everything once more. */
async function untilNextSecond(moment: Date): Promise<void> {
  const waitMs = (SECOND_MS - moment.getMilliseconds()) % SECOND_MS;
  if (waitMs > timeFor(SECOND_MS)) throw outOfTime();
  await sleep(waitMs);
}

/** How users end sessions of their own. */
@Injectable()
export class SessionEndingsService {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionsService,
    private readonly users: UsersService,
    private readonly providerSignOut: ProviderSignOutService,
    private readonly reauthentication: ReauthenticationService,
  ) {}

  /** Ends one session; the present one without further proof. Refuses with `not-found` when there is none. */
  async endOne(sessionId: string, principal: UserPrincipal, password: string | undefined): Promise<void> {
    const isPresent = sessionId === principal.sessionId;
    if (!isPresent) await this.reauthentication.require(principal, password);
    const ended = await this.database.transaction(async (manager) => {
      if (!isPresent) await this.lock(principal, manager);
      return this.sessions.end({ sessionId, userId: principal.identity.id }, 'ended-by-user', manager);
    });
    if (!ended) throw new AppError('not-found', { detail: 'There is no active session with this id.' });
  }

  /** Ends all sessions but the present one. */
  async endOthers(principal: UserPrincipal, password: string | undefined): Promise<void> {
    await this.reauthentication.require(principal, password);
    await this.database.transaction(async (manager) => {
      await this.lock(principal, manager);
      await this.sessions.endAll(principal.identity.id, principal.sessionId, 'ended-by-user', manager);
    });
  }

  /**
   * Ends everything that was issued to the user before this moment: sessions, and tokens of providers. Those tell the time of
   * their issue in whole seconds, so for a user who has some the answer waits for the next second: a token that is issued
   * after it is not of before.
   */
  async endAll(principal: UserPrincipal, password: string | undefined): Promise<void> {
    await this.reauthentication.require(principal, password);
    const moved = await this.database.transaction(async (manager) => {
      const { identity, providerToken } = principal;
      // The clock of its provider may be ahead.
      if (providerToken) await this.providerSignOut.end(providerToken, manager);
      await this.lock(principal, manager);
      await this.sessions.endAll(identity.id, undefined, 'ended-by-user', manager);
      return this.users.endTokensOfBefore(identity.id, manager);
    });
    if (moved?.hasIdentities) await untilNextSecond(moved.notBefore);
  }

  /** Nobody signs in meanwhile; whoever was signed out while the password was checked must not sign out the others. */
  private async lock({ identity, sessionId }: UserPrincipal, manager: EntityManager): Promise<void> {
    await this.users.lock(identity.id, manager);
    if (sessionId !== undefined && !(await this.sessions.lockActive(sessionId, manager)))
      throw refused('session');
  }
}
