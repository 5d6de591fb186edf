import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Outbox } from '../mail/outbox.service';
import { CODE_LIFETIME_SECONDS } from '../verification/code-purpose';
import { VerificationCodes, type IssuedCode } from '../verification/verification-codes.service';

/** A user without a password, who is locked. */
interface Activatable {
  readonly id: string;
  readonly email: string;
}

/** Codes that set a first password: handed over, or sent by mail. */
@Injectable()
export class ActivationCodes {
  constructor(
    private readonly codes: VerificationCodes,
    private readonly outbox: Outbox,
  ) {}

  /** A new code; the former one ends. */
  issue({ id, email }: Activatable, manager: EntityManager): Promise<IssuedCode> {
    return this.codes.issue({ userId: id, purpose: 'activation', address: email, byMail: false }, manager);
  }

  /** Has a code sent; answers when it expires. */
  async send({ id, email }: Activatable, manager: EntityManager): Promise<Date> {
    await this.outbox.request(
      'activation',
      { userId: id, address: email },
      { byAdministrator: true },
      manager,
    );
    return new Date(Date.now() + CODE_LIFETIME_SECONDS.activation * 1000);
  }

  /** Refuses with `mail-not-configured`. */
  assertCanSend(): void {
    this.outbox.assertOpen();
  }
}
