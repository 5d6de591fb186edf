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

/** What is checked. */
export interface PasswordGuess {
  readonly email: string;
  readonly password: string;
  /** Of an earlier sign-in. */
  readonly deviceToken?: string | undefined;
}

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
  authenticate(address: string, password: string): Promise<VerifiedPassword | RefusedPassword> {
    return this.evaluate(address, password, undefined, () => Promise.resolve());
  }

  /** The same for a sign-in: what `enter` does for a verified password begins while its guess is taken out of the count. */
  async signIn<Entered>(
    { email, password, deviceToken }: PasswordGuess,
    enter: (verified: VerifiedPassword) => Promise<Entered>,
  ): Promise<Entered | RefusedPassword> {
    let entered: Promise<Entered> | undefined;
    const checked = await this.evaluate(email, password, deviceToken, async (verified) => {
      entered = enter(verified);
      await entered;
    });
    if (!checked.isVerified) return checked;
    if (!entered) throw new Error('a verified password enters');
    return entered;
  }

  private async evaluate(
    address: string,
    password: string,
    deviceToken: string | undefined,
    enter: (verified: VerifiedPassword) => Promise<void>,
  ): Promise<VerifiedPassword | RefusedPassword> {
    this.signInPolicy.assertPasswordSignInEnabled();
    let reading: Promise<IdentityWithCredentials | undefined> | undefined;
    const read = () => (reading ??= this.find(address));
    const subject = deviceToken && this.deviceOf(deviceToken, await read());
    return this.limits.evaluate<VerifiedPassword | RefusedPassword>(
      subject || { kind: 'account', name: requireEmail(address) },
      {
        prepare: () => void read().catch(() => undefined), // checked once the guess is counted
        check: async () => this.verify(password, await read()),
        isRight: ({ isVerified }) => isVerified,
        userIdOf: (answer) => (answer.isVerified ? answer.identity.id : answer.userId),
        enter: async (answer) => {
          if (answer.isVerified) await enter(answer);
        },
      },
    );
  }

  private deviceOf(
    deviceToken: string,
    found: IdentityWithCredentials | undefined,
  ): GuessSubject | undefined {
    const name = found && this.devices.find(deviceToken, { ...found, id: found.identity.id });
    return name === undefined ? undefined : { kind: 'device', name };
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
