import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { invalidInput } from '../common/errors/invalid-input';
import { Outbox } from '../mail/outbox.service';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicy } from './password-policy';

/** Whose credentials were checked, and which. */
interface Checked {
  readonly identity: { readonly id: string; readonly email: string };
  readonly credentialsVersion: number;
}

/** Checks, hashes and stores new passwords. */
@Injectable()
export class NewPasswordsService {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly users: UsersService,
    private readonly outbox: Outbox,
  ) {}

  /** Hashes a user's new password; refuses one against the policy with `invalid-input` on the field `pointer`. */
  async hash(
    password: string,
    owner: { readonly email: string; readonly name: string },
    pointer: string,
  ): Promise<string> {
    const refusal = this.policy.refusal(password, owner);
    if (refusal !== undefined) throw invalidInput([{ pointer, detail: refusal }]);
    return this.hasher.hash(password);
  }

  /** Replaces the password that was checked, which the user is told; answers the new credentials version, undefined when the credentials changed after the check. */
  async store(
    { identity: { id: userId, email: address }, credentialsVersion }: Checked,
    hash: string,
    manager: EntityManager,
  ): Promise<number | undefined> {
    const version = await this.users.changePassword({ userId, credentialsVersion }, hash, manager);
    if (version !== undefined) await this.outbox.notify('password-changed', { userId, address }, manager);
    return version;
  }
}
