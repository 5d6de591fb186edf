import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailConfig } from '../config/mail.config';
import { UsersService } from '../users/users.service';
import type { CodePurpose } from './code-purpose';
import { codeOfSeed, hashCode, randomCode, randomSeed } from './code-text';
import {
  VerificationCodesRepository,
  type CodeOwner,
  type CodeState,
  type NewCode,
  type UsedCode,
} from './verification-codes.repository';

/** A code with its end. */
export interface IssuedCode {
  readonly code: string;
  readonly expiresAt: Date;
}

/** What a mail keeps of its code: it is made again when the mail is sent. */
export interface MailedCode {
  readonly seed: Buffer;
  readonly hash: Buffer;
  readonly expiresAt: Date;
}

/** The one place that makes codes and decides on them: for activation, proof, reset, change of address and its undoing. */
@Injectable()
export class VerificationCodes {
  constructor(
    private readonly codes: VerificationCodesRepository,
    private readonly users: UsersService,
    private readonly config: MailConfig,
  ) {}

  /** Makes a code that is handed over at once. The caller holds the lock of the user. */
  async issue(code: NewCode, manager: EntityManager): Promise<IssuedCode> {
    const text = randomCode();
    return { code: text, expiresAt: await this.codes.insert(code, requireHash(text), manager) };
  }

  /** Makes a code for a mail. The caller holds the lock of the user. */
  async issueForMail(code: NewCode, manager: EntityManager): Promise<MailedCode> {
    const [key] = this.config.codeKeys;
    if (!key) throw new Error('there is no key for codes');
    const seed = randomSeed();
    const hash = requireHash(codeOfSeed(key, seed));
    return { seed, hash, expiresAt: await this.codes.insert(code, hash, manager) };
  }

  /** The code of a mail; undefined when no key of this process makes it. */
  recover({ seed, hash }: Pick<MailedCode, 'seed' | 'hash'>): string | undefined {
    return this.config.codeKeys
      .map((key) => codeOfSeed(key, seed))
      .find((code) => requireHash(code).equals(hash));
  }

  /** Whether the code of a mail still opens something. */
  stateOf(hash: Buffer, manager: EntityManager): Promise<CodeState> {
    return this.codes.stateOf(hash, manager);
  }

  /** The user of a code; undefined for one that is unknown, used, replaced, expired or for another purpose. */
  async findOwner(code: string, purpose: CodePurpose): Promise<CodeOwner | undefined> {
    const codeHash = hashCode(code);
    return codeHash && this.codes.findOwner(codeHash, purpose);
  }

  /**
   * Uses a code up; undefined when it is good no longer. Locks the user first, so that whatever changes them comes before or
   * after.
   */
  async consume(
    code: string,
    { userId, purpose }: { readonly userId: string; readonly purpose: CodePurpose },
    manager: EntityManager,
  ): Promise<UsedCode | undefined> {
    const codeHash = hashCode(code);
    if (!codeHash) return undefined;
    await this.users.lock(userId, manager);
    return this.codes.consume(codeHash, { userId, purpose }, manager);
  }

  /** Ends the codes that undo later changes of address than the one that was undone. */
  endUndoAfter({ userId, createdAt }: UsedCode, manager: EntityManager): Promise<void> {
    return this.codes.deleteUndoAfter(userId, createdAt, manager);
  }
}

function requireHash(code: string): Buffer {
  const hash = hashCode(code);
  if (!hash) throw new Error('a new code is none');
  return hash;
}
