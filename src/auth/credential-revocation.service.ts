import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { EndReason } from '../sessions/end-reason';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';

/** Ends whatever lets somebody into an account by what this service gave out. */
@Injectable()
export class CredentialRevocationService {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
  ) {}

  /**
   * Removes the password and ends the sessions, and with them their access tokens, in the caller's transaction. The password
   * goes first: a login under way then waits, and finds it gone.
   */
  async revokeAll(userId: string, reason: EndReason, manager: EntityManager): Promise<void> {
    await this.users.removePassword(userId, manager);
    await this.sessions.endAll(userId, undefined, reason, manager);
  }
}
