import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { hashCode, newCode } from './activation-code';
import { UserActivationsRepository, type ActivatableUser } from './user-activations.repository';
import { UsersRepository, type CredentialsKey } from './users.repository';

/** A code that sets the first password of a user, once, for 24 hours. */
export interface Activation {
  readonly code: string;
  readonly expiresAt: Date;
}

/** First passwords of users whom an administrator has made. */
@Injectable()
export class ActivationsService {
  constructor(
    private readonly activations: UserActivationsRepository,
    private readonly users: UsersRepository,
  ) {}

  /** Makes a code in the place of the user's former one. The caller holds the lock of the user, who has no password. */
  async issue(userId: string, manager: EntityManager): Promise<Activation> {
    const code = newCode();
    const codeHash = hashCode(code);
    if (!codeHash) throw new Error('a new code is none');
    return { code, expiresAt: await this.activations.upsert(userId, codeHash, manager) };
  }

  /** The user of a code; undefined for one that is unknown, used, replaced or expired. */
  async find(code: string): Promise<ActivatableUser | undefined> {
    const codeHash = hashCode(code);
    return codeHash && this.activations.findByCode(codeHash);
  }

  /** Lets a code set the password; of several attempts one succeeds, the others get undefined. */
  async redeem(
    code: string,
    { userId, passwordHash }: { readonly userId: string; readonly passwordHash: string },
    manager: EntityManager,
  ): Promise<CredentialsKey | undefined> {
    const codeHash = hashCode(code);
    if (!codeHash) return undefined;
    await this.users.lock(userId, manager); // a new code or a deactivation that is under way comes first
    return this.activations.consume(userId, { codeHash, passwordHash }, manager);
  }
}
