import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { IdentityContextReader, type IdentityWithCredentials } from '../identity/identity-context.reader';
import { requireEmail } from '../users/email';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './password-hasher';
import { LimitsService, type GuessSubject } from '../limits/limits.service';
import { DeviceTokens } from '../tokens/device-tokens';
import { SignInPolicy } from './sign-in-policy';

/** A user whose password was verified. */
export interface VerifiedPassword {
  readonly isVerified: true;
  readonly identity: IdentityContext;
  /** The version of the verified credentials. */
  readonly credentialsVersion: number;
  /** The stored hash that the password matched. */
  readonly passwordHash: string;
  /** Whether somebody else chose the password: it opens nothing but its change. */
  readonly mustChangePassword: boolean;
}

/** The user and reason of a refused password, for audit events only. */
export interface RefusedPassword {
  readonly isVerified: false;
  /** Undefined when no user has the address. */
  readonly userId: string | undefined;
  readonly reason:
    | 'unknown user'
    | 'inactive user'
    | 'no password'
    | 'password'
    | 'changed meanwhile'
    | 'password change required'
    | 'address not verified';
}

/** Verifies e-mail addresses with passwords. */
@Injectable()
export class PasswordAuthenticator {
  private readonly logger = new Logger('Passwords');

  constructor(
    private readonly identities: IdentityContextReader,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly signInPolicy: SignInPolicy,
    private readonly limits: LimitsService,
    private readonly devices: DeviceTokens,
  ) {}

  /** The user with an address, active or not. */
  find(address: string): Promise<IdentityWithCredentials | undefined> {
    return this.identities.findWithCredentials(requireEmail(address));
  }

  /**
   * Verifies a password. Refuses, in the same time, an unknown address, a wrong password, a user without a password and an
   * inactive user. Counted before it is verified, whoever has the address: for the account, or for a device that is known by its
   * token. Throws `too-many-requests`, `password-sign-in-disabled` when password sign-in is off, and `overloaded`.
   */
  async authenticate(
    address: string,
    password: string,
    deviceToken?: string,
  ): Promise<VerifiedPassword | RefusedPassword> {
    this.signInPolicy.assertPasswordSignInEnabled();
    const found = await this.find(address);
    return this.limits.evaluate(
      this.subject(address, found, deviceToken),
      () => this.verify(password, found),
      ({ isVerified }) => isVerified,
    );
  }

  private subject(
    address: string,
    found: IdentityWithCredentials | undefined,
    deviceToken: string | undefined,
  ): GuessSubject {
    const userId = found?.identity.id;
    const device =
      found && deviceToken && this.devices.find(deviceToken, { ...found, id: found.identity.id });
    return device
      ? { kind: 'device', name: device, userId }
      : { kind: 'account', name: requireEmail(address), userId };
  }

  private async verify(
    password: string,
    found: IdentityWithCredentials | undefined,
  ): Promise<VerifiedPassword | RefusedPassword> {
    const mayMatch = found?.identity.isActive === true;
    const matches = await this.hasher.verify(password, found?.passwordHash, mayMatch);
    if (!matches || !found?.passwordHash) {
      return { isVerified: false, userId: found?.identity.id, reason: refusalOf(found) };
    }
    const { identity, credentialsVersion, passwordHash, mustChangePassword } = found;
    return { isVerified: true, identity, credentialsVersion, passwordHash, mustChangePassword };
  }

  /**
   * Stores a new hash of the verified password when the stored one has a lower cost or a foreign format. When that fails or
   * the queue is full, the next sign-in does it.
   */
  async upgradeHash({ identity, passwordHash }: VerifiedPassword, password: string): Promise<void> {
    if (!this.hasher.needsUpgrade(passwordHash)) return;
    try {
      const stronger = await this.hasher.hash(password);
      await this.users.replacePasswordHash(identity.id, passwordHash, stronger);
    } catch (error) {
      const level = error instanceof AppError ? 'debug' : 'warn'; // an overload is expected
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
