import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PasswordConfig } from '../config/password.config';
import { Outbox } from '../mail/outbox.service';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { UsedCode } from '../verification/verification-codes.repository';
import { VerificationCodes } from '../verification/verification-codes.service';
import { AccountRecovery } from './account-recovery.service';
import { CodeUse } from './code-use.service';
import { EMAIL_CHANGE_UNDONE } from './recovery-events';

const PURPOSE = 'email-undo';

/** Takes a changed address back. */
@Injectable()
export class EmailUndoService {
  constructor(
    private readonly outbox: Outbox,
    private readonly uses: CodeUse,
    private readonly account: AccountRecovery,
    private readonly codes: VerificationCodes,
    private readonly users: UsersService,
    private readonly config: PasswordConfig,
  ) {}

  /**
   * Takes the code of the old address: it is the user's again and proven, everything that was issued ends, and a reset of the
   * password is sent there. Codes that would undo later changes end. Refuses with `code-invalid`.
   */
  async undo(code: string): Promise<void> {
    await this.uses.run(code, {
      purpose: PURPOSE,
      event: EMAIL_CHANGE_UNDONE,
      prepare: () => Promise.resolve(),
      act: ({ used, user }, manager) => this.takeBack(used, user, manager),
    });
  }

  private async takeBack(
    used: UsedCode,
    { id: userId, email }: LockedUser,
    manager: EntityManager,
  ): Promise<void> {
    await this.codes.endUndoAfter(used, manager);
    await this.users.changeEmail(userId, used.address, manager);
    await this.account.endAll(userId, 'email-change-undone', manager);
    await this.outbox.notify('email-change-undone', { userId, address: email }, manager);
    if (!this.config.signIn || !this.outbox.isOpen) return;
    const owner = { userId, address: used.address };
    await this.outbox.request('password-reset', owner, { isBounded: false }, manager);
  }
}
