import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { currentRequest } from '../common/request-scope';
import { sourceNetwork } from '../common/source-network';
import { MailConfig } from '../config/mail.config';
import type { MailedCode } from '../verification/verification-codes.service';
import type { MailKind, RequestKind } from './mail-kind';
import { MailsRepository, type MailFacts } from './mails.repository';

/** Notices that a session can cause again and again: after so many in an hour the user has been told. */
const REPEATABLE: ReadonlySet<MailKind> = new Set<MailKind>(['email-change-requested', 'new-device']);
const NOTICES_AN_HOUR = 10;

/** Whom a mail is for. */
export interface Recipient {
  /** Null: nobody any more. */
  readonly userId: string | null;
  readonly address: string;
}

/** Takes mails in, in the transaction of the act that causes them (R95). They are sent later. */
@Injectable()
export class Outbox {
  constructor(
    private readonly mails: MailsRepository,
    private readonly config: MailConfig,
  ) {}

  /** Whether mails are sent, or written to files. */
  get isOpen(): boolean {
    return this.config.delivery !== 'none';
  }

  /** Whether a registration is answered by a mail in place of a session. */
  get verifiesRegistrations(): boolean {
    return this.config.requireVerifiedEmail && this.isOpen;
  }

  /** Refuses with `mail-not-configured` when no mail can be sent. */
  assertOpen(): void {
    if (!this.isOpen) throw new AppError('mail-not-configured');
  }

  /**
   * Asks for a mail with a code. Whether one goes, and to whom, is decided when it is its turn: this takes the same time whoever
   * has the address (R90). Bounds hold then too (R91); `isBounded: false` for what a user has caused by a code of theirs.
   *
   * @param userId null: whoever has the address then
   */
  async request(
    kind: RequestKind,
    { userId, address }: Recipient,
    {
      facts = {},
      isBounded = true,
      byAdministrator = false,
    }: { readonly facts?: MailFacts; readonly isBounded?: boolean; readonly byAdministrator?: boolean } = {},
    manager?: EntityManager,
  ): Promise<void> {
    this.assertOpen();
    const source = byAdministrator ? null : requestSource();
    await this.mails.insert({ kind, userId, address, facts, source, isBounded, isPrepared: false }, manager);
  }

  /** Takes in a mail with a code that exists already; no bound holds. */
  async sendCode(
    kind: MailKind,
    { userId, address }: Recipient,
    code: MailedCode,
    manager: EntityManager,
  ): Promise<void> {
    if (!this.isOpen) return;
    const facts = circumstances();
    await this.mails.insert(
      { kind, userId, address, facts, source: null, isBounded: false, code, isPrepared: true },
      manager,
    );
  }

  /** Tells a user of something that has happened to the account (R93). Does nothing where no mail can be sent. */
  async notify(
    kind: MailKind,
    { userId, address }: Recipient,
    manager: EntityManager,
    facts: MailFacts = {},
  ): Promise<void> {
    if (!this.isOpen) return;
    const all = { ...circumstances(), ...facts };
    const mostAnHour = REPEATABLE.has(kind) ? NOTICES_AN_HOUR : undefined;
    await this.mails.insert(
      { kind, userId, address, facts: all, source: null, isBounded: false, isPrepared: true, mostAnHour },
      manager,
    );
  }
}

function requestSource(): string | null {
  const scope = currentRequest();
  return scope ? sourceNetwork(scope.origin.ipAddress) : null;
}

/** When and from where something was done. */
function circumstances(): MailFacts {
  const { ipAddress = null, userAgent = null } = currentRequest()?.origin ?? {};
  return {
    time: `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    device: userAgent ?? 'unknown',
    ip: ipAddress ?? 'unknown',
  };
}
