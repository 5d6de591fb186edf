import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { PasswordConfig } from '../config/password.config';
import { Outbox } from '../mail/outbox.service';
import type { UserPrincipal } from '../security/principal';
import type { TokenPair } from '../tokens/token-issuer';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { CODE_LIFETIME_SECONDS } from '../verification/code-purpose';
import type { UsedCode } from '../verification/verification-codes.repository';
import { AccountRecovery } from './account-recovery.service';
import { CodeUse } from './code-use.service';
import { EMAIL_VERIFIED, VERIFICATION_REQUESTED } from './recovery-events';

const PURPOSE = 'email-verification';

/** Proof that a user owns the address of the account. */
@Injectable()
export class EmailVerificationService {
  constructor(
    private readonly outbox: Outbox,
    private readonly uses: CodeUse,
    private readonly account: AccountRecovery,
    private readonly users: UsersService,
    private readonly config: PasswordConfig,
    private readonly audit: Audit,
  ) {}

  /** Has a code sent to the caller's address; answers when it expires. Refuses with `already-verified`. */
  async request({ identity }: UserPrincipal): Promise<Date> {
    this.outbox.assertOpen();
    if (identity.emailVerified) throw new AppError('already-verified');
    await this.outbox.request(PURPOSE, { userId: identity.id, address: identity.email });
    await this.audit.record(VERIFICATION_REQUESTED, { user_id: identity.id });
    return new Date(Date.now() + CODE_LIFETIME_SECONDS[PURPOSE] * 1000);
  }

  /**
   * Takes a code: its address is proven, and rights given by hand before end (R74). Signs the user in when the code belongs to a
   * registration; what the newest registration has brought counts from now on. Refuses with `code-invalid`.
   */
  async verify(code: string): Promise<TokenPair | undefined> {
    const pair = await this.uses.run(code, {
      purpose: PURPOSE,
      event: EMAIL_VERIFIED,
      prepare: () => Promise.resolve(),
      act: ({ used, user }, manager) => this.prove(used, user, manager),
    });
    if (pair) await this.account.endSurplus(pair.identity.id);
    return pair;
  }

  private async prove(
    { registration, signsIn }: UsedCode,
    user: LockedUser,
    manager: EntityManager,
  ): Promise<TokenPair | undefined> {
    await this.account.endRightsOfUnproven(user, 'email-verified', manager);
    await this.account.markEmailVerified(user.id, manager);
    if (registration) {
      await this.account.setPassword(user.id, registration.passwordHash, manager);
      await this.users.updateProfile(user.id, { name: registration.name }, manager);
      await this.account.endAll(user.id, 'email-verified', manager);
    }
    return signsIn && this.config.signIn ? this.account.signIn(user.id, manager) : undefined;
  }
}
