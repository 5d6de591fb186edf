import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { translateDatabaseError } from '../database/postgres-errors';
import { IdentityContextReader } from '../identity/identity-context.reader';
import { Outbox } from '../mail/outbox.service';
import type { IdentityContext } from '../security/identity-context';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { UsedCode } from '../verification/verification-codes.repository';
import { VerificationCodes } from '../verification/verification-codes.service';
import { AccountRecovery } from './account-recovery.service';
import { CodeUse } from './code-use.service';
import { EMAIL_CHANGED } from './recovery-events';

const PURPOSE = 'email-change';

/** Changes of address by a code that went to the new one. */
@Injectable()
export class EmailChangeService {
  constructor(
    private readonly outbox: Outbox,
    private readonly uses: CodeUse,
    private readonly account: AccountRecovery,
    private readonly codes: VerificationCodes,
    private readonly users: UsersService,
    private readonly identities: IdentityContextReader,
  ) {}

  /**
   * Takes the code: the address changes and is proven, other sessions than the one that asked end, and for 7 days the old
   * address is kept and can be taken back by a code that goes there. Refuses with `code-invalid`, also when the address was
   * taken meanwhile.
   */
  async change(code: string): Promise<IdentityContext> {
    return this.uses.run(code, {
      purpose: PURPOSE,
      event: EMAIL_CHANGED,
      prepare: () => Promise.resolve(),
      act: ({ used, user }, manager) => this.replace(used, user, manager),
    });
  }

  private async replace(used: UsedCode, user: LockedUser, manager: EntityManager): Promise<IdentityContext> {
    const { id: userId, email: former } = user;
    await this.account.endRightsOfUnproven(user, 'email-changed', manager);
    await this.take(userId, used.address, manager);
    await this.account.endOthers(userId, used.sessionId, 'email-changed', manager);
    const undo = { userId, purpose: 'email-undo', address: former, byMail: true } as const;
    const code = await this.codes.issueForMail(undo, manager);
    await this.outbox.sendCode('email-changed', { userId, address: former }, code, manager);
    return this.identities.getById(userId, manager);
  }

  /** The unique constraint decides, and the addresses that are kept. */
  private async take(userId: string, address: string, manager: EntityManager): Promise<void> {
    try {
      await this.users.changeEmail(userId, address, manager);
    } catch (error) {
      if (translateDatabaseError(error)?.code !== 'email-already-registered') throw error;
      throw new AppError('code-invalid');
    }
  }
}
