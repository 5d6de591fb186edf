import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { invalidInput } from '../common/errors/invalid-input';
import type { CredentialsKey } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicy } from './password-policy';

/** Checks, hashes and stores new passwords. */
@Injectable()
export class NewPasswordsService {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
    private readonly users: UsersService,
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

  /** Replaces the password that was checked; answers the new credentials version, undefined when the credentials changed after the check. */
  store(checked: CredentialsKey, hash: string, manager: EntityManager): Promise<number | undefined> {
    return this.users.changePassword(checked, hash, manager);
  }
}
