import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CredentialsKey } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { CodeOwner } from '../verification/verification-codes.repository';
import { VerificationCodes } from '../verification/verification-codes.service';

/** First passwords of users whom an administrator has made. */
@Injectable()
export class Activations {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly users: UsersService,
  ) {}

  /** The user of a code; undefined for one that is not good. */
  find(code: string): Promise<CodeOwner | undefined> {
    return this.codes.findOwner(code, 'activation');
  }

  /** Lets a code set the password; of several attempts one succeeds. A code that went by mail proves the address. */
  async redeem(
    code: string,
    { userId, passwordHash }: { readonly userId: string; readonly passwordHash: string },
    manager: EntityManager,
  ): Promise<CredentialsKey | undefined> {
    const used = await this.codes.consume(code, { userId, purpose: 'activation' }, manager);
    if (!used) return undefined;
    const credentialsVersion = await this.users.setPassword(userId, passwordHash, manager);
    if (used.byMail) await this.users.markEmailVerified(userId, new Date(), manager);
    return { userId, credentialsVersion };
  }
}
