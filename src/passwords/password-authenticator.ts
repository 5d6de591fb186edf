import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { invalidInput } from '../common/errors/invalid-input';
import { IdentityContextReader, type IdentityWithHash } from '../identity/identity-context.reader';
import { UserProvisioner } from '../identity/user-provisioner';
import { requireEmail } from '../users/email';
import { UsersService } from '../users/users.service';
import { SignInPolicy } from './sign-in-policy';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicy } from './password-policy';

/** A person to be, whose password fits the policy and is hashed. */
export interface PreparedAccount {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** A person whose password was checked. */
export interface VerifiedPassword {
  readonly identity: IdentityContext;
  /** What it was checked against. */
  readonly passwordHash: string;
  /** The same password at today's cost, when that is higher. */
  readonly strongerHash: string | undefined;
}

/** Whom a refused password was for, and why it was refused; for the audit alone. */
export interface RefusedPassword {
  /** Undefined when nobody has the address. */
  readonly userId: string | undefined;
  readonly reason: 'unknown user' | 'inactive user' | 'no password' | 'password';
}

/** A hash is replaced by a stronger one once. */
const MAX_ATTEMPTS = 2;

/** Accounts with a password: how they come to be, and whose a password is. */
@Injectable()
export class PasswordAuthenticator {
  constructor(
    private readonly identities: IdentityContextReader,
    private readonly provisioner: UserProvisioner,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
    private readonly signInPolicy: SignInPolicy,
  ) {}

  /**
   * Refuses an unfit password with `invalid-input`, and whoever may not register with `registration-closed` or
   * `password-sign-in-disabled`. Hashes, so that no transaction has to wait for it.
   */
  async prepare(account: { email: string; password: string; name: string }): Promise<PreparedAccount> {
    const email = requireEmail(account.email);
    this.signInPolicy.assertPasswordsCount();
    this.signInPolicy.assertMayRegister(email);
    const { name, password } = account;
    return { email, name, passwordHash: await this.hashNew(password, { email, name }, '#/password') };
  }

  /** Makes the account; refuses a taken address with `email-already-registered`. */
  async create(account: PreparedAccount, manager: EntityManager): Promise<IdentityContext> {
    const created = await this.provisioner.provision(account, manager);
    if (!created) throw new AppError('email-already-registered');
    return this.identities.getByEmail(account.email, manager);
  }

  /** The account of an address, whatever its state. */
  find(address: string): Promise<IdentityWithHash | undefined> {
    return this.identities.findWithHash(requireEmail(address));
  }

  /**
   * Checks a password and does work that answers undefined when the stored hash is no longer the one checked against. Then
   * it checks once more: a login at the same time may have put a stronger hash of the same password there. Refuses with
   * `password-sign-in-disabled` where passwords do not count.
   *
   * @param onRefusal is told of a password that is not the user's
   */
  async authenticateAnd<T>(
    address: string,
    password: string,
    work: (checked: VerifiedPassword) => Promise<T | undefined>,
    onRefusal?: (refused: RefusedPassword) => void,
  ): Promise<T | undefined> {
    this.signInPolicy.assertPasswordsCount();
    for (let attempt = 1; ; attempt++) {
      const checked = await this.check(address, password, onRefusal);
      const result = checked && (await work(checked));
      if (result !== undefined || !checked || attempt === MAX_ATTEMPTS) return result;
    }
  }

  /** Stores the stronger hash of a checked password, when there is one; answers the hash that stands then, if it is the person's. */
  async upgradeHash(
    { identity, passwordHash, strongerHash }: VerifiedPassword,
    manager: EntityManager,
  ): Promise<string | undefined> {
    if (strongerHash === undefined) return passwordHash;
    const replaced = await this.users.replacePasswordHash(identity.id, passwordHash, strongerHash, manager);
    return replaced ? strongerHash : undefined;
  }

  /** The hash of a new password of a person; refuses an unfit one with `invalid-input` on the field `pointer`. */
  async hashNew(
    password: string,
    owner: { readonly email: string; readonly name: string },
    pointer: string,
  ): Promise<string> {
    const refusal = this.policy.refusal(password, owner);
    if (refusal !== undefined) throw invalidInput([{ pointer, detail: refusal }]);
    return this.hasher.hash(password);
  }

  /**
   * The person whose address and password these are. Undefined, in the same time, for an unknown address, a wrong password, an
   * account without a password and one that is not active.
   */
  private async check(
    address: string,
    password: string,
    onRefusal?: (refused: RefusedPassword) => void,
  ): Promise<VerifiedPassword | undefined> {
    const found = await this.find(address);
    const mayMatch = found?.identity.isActive === true;
    const matches = await this.hasher.verify(password, found?.passwordHash, mayMatch);
    if (!matches || !found?.passwordHash) {
      onRefusal?.({ userId: found?.identity.id, reason: refusalOf(found) });
      return undefined;
    }
    const { identity, passwordHash } = found;
    return { identity, passwordHash, strongerHash: await this.strongerHash(password, passwordHash) };
  }

  /** Undefined when there is no need, and when there is too much to do: then the next sign-in makes it. */
  private async strongerHash(password: string, stored: string): Promise<string | undefined> {
    if (!this.hasher.needsUpgrade(stored)) return undefined;
    return this.hasher.hash(password).catch((error: unknown) => {
      if (error instanceof AppError) return undefined;
      throw error;
    });
  }
}

function refusalOf(found: IdentityWithHash | undefined): RefusedPassword['reason'] {
  if (!found) return 'unknown user';
  if (!found.identity.isActive) return 'inactive user';
  return found.passwordHash === null ? 'no password' : 'password';
}
