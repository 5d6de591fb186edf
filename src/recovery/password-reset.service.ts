import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { Outbox } from '../mail/outbox.service';
import { NewPasswordsService } from '../passwords/new-passwords.service';
import { SignInPolicy } from '../passwords/sign-in-policy';
import type { TokenPair } from '../tokens/token-issuer';
import { requireEmail } from '../users/email';
import type { LockedUser } from '../users/users.repository';
import { AccountRecovery } from './account-recovery.service';
import { CodeUse } from './code-use.service';
import { PASSWORD_RESET, RESET_REQUESTED } from './recovery-events';

const PURPOSE = 'password-reset';

/** New passwords for users who have forgotten theirs, or never had one. */
@Injectable()
export class PasswordResetService {
  constructor(
    private readonly outbox: Outbox,
    private readonly uses: CodeUse,
    private readonly account: AccountRecovery,
    private readonly newPasswords: NewPasswordsService,
    private readonly signInPolicy: SignInPolicy,
    private readonly audit: Audit,
  ) {}

  /** Has a code sent to an address, if an active user has it. Does the same work whoever has it, or nobody (R90). */
  async request(address: string): Promise<void> {
    this.signInPolicy.assertPasswordSignInEnabled();
    await this.outbox.request(PURPOSE, { userId: null, address: requireEmail(address) });
    await this.audit.record(RESET_REQUESTED, {});
  }

  /**
   * Sets a password by a code, and signs in. All that was issued before ends; the address is proven (R92). Refuses with
   * `code-invalid`, and an unfit password with `invalid-input`: then the code stays good.
   */
  async reset(code: string, password: string): Promise<TokenPair> {
    this.signInPolicy.assertPasswordSignInEnabled();
    const pair = await this.uses.run(code, {
      purpose: PURPOSE,
      event: PASSWORD_RESET,
      prepare: (owner) => this.newPasswords.hash(password, owner, '#/password'),
      act: ({ user, prepared }, manager) => this.replace(user, prepared, manager),
    });
    await this.account.endSurplus(pair.identity.id);
    return pair;
  }

  private async replace(user: LockedUser, hash: string, manager: EntityManager): Promise<TokenPair> {
    const { id: userId, email: address } = user;
    await this.account.setPassword(userId, hash, manager);
    await this.account.endRightsOfUnproven(user, 'password-reset', manager);
    await this.account.markEmailVerified(userId, manager);
    await this.account.endAll(userId, 'password-reset', manager);
    await this.outbox.notify('password-was-reset', { userId, address }, manager);
    return this.account.signIn(userId, manager);
  }
}
