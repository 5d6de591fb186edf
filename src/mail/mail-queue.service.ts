import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { ADVISORY_LOCKS, tryLockForTransaction } from '../database/advisory-locks';
import { Database } from '../database/database';
import { MAIL_GIVEN_UP } from './mail-events';
import { MAILS } from './mail-metrics';
import { MailPreparation } from './mail-preparation.service';
import type { MailFault } from './mail-transport';
import { MailsRepository, type DueMail } from './mails.repository';

export const BATCH = 20;
/** Nobody else takes a claimed mail for so long: longer than all attempts on a batch. */
const LEASE_SECONDS = 150;
const FIRST_DELAY_SECONDS = 10;
const DELAY_FACTOR = 3;
const MAX_DELAY_SECONDS = 3_600;
const RECORD_ATTEMPTS = 5;

/** The mails that wait: claimed in a transaction by one process at a time, and what became of them. */
@Injectable()
export class MailQueue {
  private readonly logger = new Logger('Mail');

  constructor(
    private readonly database: Database,
    private readonly mails: MailsRepository,
    private readonly preparation: MailPreparation,
    private readonly audit: Audit,
  ) {}

  isDue(): Promise<boolean> {
    return this.mails.isDue();
  }

  /** At most a batch of mails to send now; none while another process claims some. */
  async claim(): Promise<DueMail[]> {
    return this.database.transaction(async (manager) => {
      const isLeader = await tryLockForTransaction(ADVISORY_LOCKS.mailPreparation, manager);
      return isLeader ? this.prepare(manager) : [];
    });
  }

  async sent({ id }: DueMail): Promise<void> {
    MAILS.add('sent');
    await record(() => this.mails.updateSent([id]));
  }

  /** Lets a mail wait for another attempt, or gives it up. */
  async failed(mail: DueMail, fault: MailFault): Promise<void> {
    const { id, kind, userId } = mail;
    const isOver = fault.isFinal || mail.isTooOld;
    MAILS.add(isOver ? 'given-up' : 'deferred');
    const entry = { mail_id: id, kind, reason: fault.message, attempts: mail.attempts };
    // What a server has answered may quote addresses.
    this.logger.warn({ msg: 'a mail was not sent', ...entry, ...(fault.isOurs && { err: fault.cause }) });
    if (isOver) {
      await record(() => this.mails.updateGivenUp(id, fault.message));
      const facts = { user_id: userId ?? undefined, mail_id: id, kind, reason: fault.message };
      await this.audit.record(MAIL_GIVEN_UP, facts);
      return;
    }
    const delay = FIRST_DELAY_SECONDS * DELAY_FACTOR ** Math.min(mail.attempts - 1, 10);
    const seconds = Math.min(MAX_DELAY_SECONDS, delay) * (0.8 + Math.random() * 0.4);
    await record(() => this.mails.updateDeferred([id], { seconds, error: fault.message, untried: false }));
  }

  /** Gives back what was claimed and not tried. */
  async release(mails: readonly DueMail[], fault: MailFault | undefined): Promise<void> {
    if (mails.length === 0) return;
    const ids = mails.map(({ id }) => id);
    const error = fault?.message ?? 'not tried yet';
    const seconds = fault ? FIRST_DELAY_SECONDS : 0;
    await record(() => this.mails.updateDeferred(ids, { seconds, error, untried: true }));
  }

  private async prepare(manager: EntityManager): Promise<DueMail[]> {
    const ready: string[] = [];
    for (const mail of await this.mails.lockDue(BATCH, manager)) {
      if (await this.preparation.prepare(mail, manager)) ready.push(mail.id);
    }
    return ready.length === 0 ? [] : this.mails.claim(ready, LEASE_SECONDS, manager);
  }
}

/** Tries again: what is not written down is sent twice. */
async function record(write: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === RECORD_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
}
