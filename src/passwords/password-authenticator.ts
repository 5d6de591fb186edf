import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { IdentityContextReader, type IdentityWithCredentials } from '../identity/identity-context.reader';
import { requireEmail } from '../users/email';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { SignInPolicy } from './sign-in-policy';

/** A user whose password was checked. */
export interface VerifiedPassword {
  readonly isVerified: true;
  readonly identity: IdentityContext;
  /** Of the credentials that were checked. */
  readonly credentialsVersion: number;
  /** What the password was checked against. */
  readonly passwordHash: string;
}

/** Whom a refused password was for, and why it was refused; for the audit alone. */
export interface RefusedPassword {
  readonly isVerified: false;
  /** Undefined when no user has the address. */
  readonly userId: string | undefined;
  readonly reason: 'unknown user' | 'inactive user' | 'no password' | 'password' | 'changed meanwhile';
}

/** Tells whose a password is. */
@Injectable()
export class PasswordAuthenticator {
  private readonly logger = new Logger('Passwords');

  constructor(
    private readonly identities: IdentityContextReader,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly signInPolicy: SignInPolicy,
  ) {}

  /** The user of an address, whatever their state. */
  find(address: string): Promise<IdentityWithCredentials | undefined> {
    return this.identities.findWithCredentials(requireEmail(address));
  }

  /**
   * The user whose address and password these are. Refuses, in the same time, an unknown address, a wrong password, a user without
   * a password and one who is not active. Throws `password-sign-in-disabled` where passwords do not count, and `overloaded`.
   */
  async authenticate(address: string, password: string): Promise<VerifiedPassword | RefusedPassword> {
    this.signInPolicy.assertPasswordsCount();
    const found = await this.find(address);
    const mayMatch = found?.identity.isActive === true;
    const matches = await this.hasher.verify(password, found?.passwordHash, mayMatch);
    if (!matches || !found?.passwordHash) {
      return { isVerified: false, userId: found?.identity.id, reason: refusalOf(found) };
    }
    const { identity, credentialsVersion, passwordHash } = found;
    return { isVerified: true, identity, credentialsVersion, passwordHash };
  }

  /**
   * Stores the checked password at today's cost, where the stored hash has a lower one. Where that fails, or where there is too
   * much to do, the next sign-in does it.
   */
  async upgradeHash({ identity, passwordHash }: VerifiedPassword, password: string): Promise<void> {
    if (!this.hasher.needsUpgrade(passwordHash)) return;
    try {
      const stronger = await this.hasher.hash(password);
      await this.users.replacePasswordHash(identity.id, passwordHash, stronger);
    } catch (error) {
      const level = error instanceof AppError ? 'debug' : 'warn'; // too much to do is no fault
      this.logger[level]({
        msg: 'a password keeps its hash of a lower cost',
        user_id: identity.id,
        err: error,
      });
    }
  }
}

function refusalOf(found: IdentityWithCredentials | undefined): RefusedPassword['reason'] {
  if (!found) return 'unknown user';
  if (!found.identity.isActive) return 'inactive user';
  return found.passwordHash === null ? 'no password' : 'password';
}
