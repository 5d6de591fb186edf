import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { UsersService } from '../users/users.service';
import type { LockedUser } from '../users/users.repository';
import { CODE_LIFETIME_SECONDS, type CodePurpose } from '../verification/code-purpose';
import type { CodeState, NewCode } from '../verification/verification-codes.repository';
import { VerificationCodes } from '../verification/verification-codes.service';
import { MAIL_GIVEN_UP } from './mail-events';
import type { MailKind } from './mail-kind';
import { MAILS } from './mail-metrics';
import { MailsRepository, type DueMail, type MailFacts } from './mails.repository';

/** Mails to one address, whatever they are for, and those that one source causes (R91). */
const PER_ADDRESS_AND_HOUR = 3;
const PER_ADDRESS_AND_DAY = 10;
const PER_SOURCE_AND_HOUR = 60;
const EXPIRED = 'the code of the mail has expired before the mail could go';

/** A mail that a request becomes; without a code it is a notice. */
interface Plan {
  readonly kind: MailKind;
  readonly code?: Omit<NewCode, 'userId' | 'byMail' | 'requestedAt'>;
  readonly facts?: MailFacts;
}

/**
 * Turns requests into mails with codes when it is their turn: one process at a time, so that the bounds hold exactly. What
 * answers requests does none of this: it cannot tell who has an address, not even by its time.
 */
@Injectable()
export class MailPreparation {
  constructor(
    private readonly mails: MailsRepository,
    private readonly users: UsersService,
    private readonly codes: VerificationCodes,
    private readonly audit: Audit,
  ) {}

  /** Answers whether the mail is to be sent; otherwise its row is gone, or given up. Runs in the caller's transaction. */
  async prepare(mail: DueMail, manager: EntityManager): Promise<boolean> {
    const state = mail.isPrepared ? await this.stateOf(mail, manager) : await this.become(mail, manager);
    if (state === 'gone') await this.mails.delete(mail.id, manager);
    if (state === 'expired') await this.giveUp(mail, manager);
    return state === 'good';
  }

  /** A code that was replaced or used need not go. */
  private async stateOf({ codeHash }: DueMail, manager: EntityManager): Promise<CodeState> {
    return codeHash === null ? 'good' : this.codes.stateOf(codeHash, manager);
  }

  /** Of a code that has expired somebody is told. */
  private async giveUp({ id, kind, userId }: DueMail, manager: EntityManager): Promise<void> {
    MAILS.add('given-up');
    await this.mails.updateGivenUp(id, EXPIRED, manager);
    const facts = { user_id: userId ?? undefined, mail_id: id, kind, reason: EXPIRED };
    await this.audit.record(MAIL_GIVEN_UP, facts, manager);
  }

  private async become(mail: DueMail, manager: EntityManager): Promise<CodeState> {
    const user = await this.lockUser(mail, manager);
    if (!user?.isActive) return 'gone';
    const plan = await this.planFor(mail, user, manager);
    if (!plan || (mail.isBounded && !(await this.isWithinBounds(mail, manager)))) return 'gone';
    if (plan.code && hasExpired(plan.code.purpose, mail.createdAt)) return 'expired';
    const { id: userId } = user;
    const code =
      plan.code &&
      (await this.codes.issueForMail(
        { ...plan.code, userId, byMail: true, requestedAt: mail.createdAt },
        manager,
      ));
    await this.mails.updatePrepared(
      mail.id,
      { kind: plan.kind, userId, facts: plan.facts ?? {}, code },
      manager,
    );
    return 'good';
  }

  private async lockUser(mail: DueMail, manager: EntityManager): Promise<LockedUser | undefined> {
    const userId = mail.userId ?? (await this.users.lockByEmail(mail.address, manager))?.id;
    return userId === undefined ? undefined : this.users.lockById(userId, manager);
  }

  private async isWithinBounds(mail: DueMail, manager: EntityManager): Promise<boolean> {
    const { addressHour, addressDay, sourceHour } = await this.mails.countBounded(mail, manager);
    return (
      addressHour < PER_ADDRESS_AND_HOUR &&
      addressDay < PER_ADDRESS_AND_DAY &&
      sourceHour < PER_SOURCE_AND_HOUR
    );
  }

  /** Undefined when nothing is to be sent. */
  private async planFor(mail: DueMail, user: LockedUser, manager: EntityManager): Promise<Plan | undefined> {
    const { kind, address, facts } = mail;
    if (kind === 'email-change') return this.planChange(mail, user, manager);
    if (user.email !== address) return undefined;
    switch (kind) {
      case 'password-reset':
        return { kind, code: { purpose: kind, address } };
      case 'activation':
        return user.hasPassword ? undefined : { kind, code: { purpose: kind, address } };
      case 'email-verification':
        return user.emailVerified ? undefined : this.planVerification(mail, user, manager);
      case 'registration':
        return user.emailVerified ? { kind: 'registration-attempt' } : registration(address, facts);
      default:
        throw new Error('a request of an unknown kind');
    }
  }

  private async planChange(
    { address, facts }: DueMail,
    user: LockedUser,
    manager: EntityManager,
  ): Promise<Plan | undefined> {
    if (user.email === address || (await this.users.isAddressTaken(address, manager))) return undefined;
    return { kind: 'email-change', code: { purpose: 'email-change', address, sessionId: facts.session_id } };
  }

  /** After the right password, at most every 10 minutes: then what the newest registration has brought stays. */
  private async planVerification(
    { address, facts }: DueMail,
    user: LockedUser,
    manager: EntityManager,
  ): Promise<Plan | undefined> {
    const signsIn = facts.signs_in === 'true';
    const kind = 'email-verification';
    if (signsIn && (await this.mails.hasRecent(kind, user.id, manager))) return undefined;
    return { kind, code: { purpose: kind, address, signsIn, keepsRegistration: signsIn } };
  }
}

/** A request that has waited for too long, while no mail could go. */
function hasExpired(purpose: CodePurpose, requestedAt: Date): boolean {
  return Date.now() > requestedAt.getTime() + CODE_LIFETIME_SECONDS[purpose] * 1000;
}

function registration(address: string, { password_hash: passwordHash, name }: MailFacts): Plan | undefined {
  if (passwordHash === undefined || name === undefined) return undefined;
  return {
    kind: 'email-verification',
    code: { purpose: 'email-verification', address, signsIn: true, registration: { passwordHash, name } },
  };
}
