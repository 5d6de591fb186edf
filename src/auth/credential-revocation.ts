import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { UsersService } from '../users/users.service';

/** Ends whatever lets somebody into an account by what this service gave out. */
@Injectable()
export class CredentialRevocation {
  constructor(private readonly users: UsersService) {}

  /**
   * Removes the password, and ends all that was issued under it. The one place for that: sessions end here, in the
   * caller's transaction, and with them their access tokens.
   */
  async revokeAll(userId: string, manager: EntityManager): Promise<void> {
    await this.users.removePassword(userId, manager);
  }
}
