import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { IdentityContextReader, type IdentityWithCredentials } from '../identity/identity-context.reader';
import { UserProvisioner } from '../identity/user-provisioner';
import { requireEmail } from '../users/email';
import { Activations } from './activations.service';
import { NewPasswordsService } from './new-passwords.service';
import type { VerifiedPassword } from './password-authenticator';
import { LimitsService } from '../limits/limits.service';
import { SignInPolicy } from './sign-in-policy';

/** A user with the version of the credentials that were just set. */
export type EnrolledUser = Pick<IdentityWithCredentials, 'identity' | 'credentialsVersion'>;

/** A registration request. */
export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** A user to create, whose password meets the policy and is hashed. */
export interface PreparedRegistration {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

/** A user whose first password fits the policy and is hashed. */
export interface PreparedActivation {
  readonly code: string;
  readonly userId: string;
  readonly passwordHash: string;
}

/** Sets passwords that open a first session: of new users, of activated ones, and in the place of those that an administrator chose. */
@Injectable()
export class PasswordRegistrationService {
  constructor(
    private readonly identities: IdentityContextReader,
    private readonly provisioner: UserProvisioner,
    private readonly newPasswords: NewPasswordsService,
    private readonly signInPolicy: SignInPolicy,
    private readonly activations: Activations,
    private readonly limits: LimitsService,
  ) {}

  /**
   * Checks, counts for the source and hashes, outside any transaction. Refuses a password against the policy with `invalid-input`, and a registration
   * that the settings do not allow with `registration-closed` or `password-sign-in-disabled`.
   */
  async prepare({ email: address, name, password }: Registration): Promise<PreparedRegistration> {
    const email = requireEmail(address);
    this.signInPolicy.assertPasswordSignInEnabled();
    this.signInPolicy.assertMayRegister(email);
    await this.limits.countRegistration();
    const passwordHash = await this.newPasswords.hash(password, { email, name }, '#/password');
    return { email, name, passwordHash };
  }

  /** Creates the user; refuses a taken address with `email-already-registered`. */
  async create(user: PreparedRegistration, manager: EntityManager): Promise<IdentityWithCredentials> {
    const created = await this.provisioner.provision(user, manager);
    if (!created) throw new AppError('email-already-registered');
    return this.identities.getWithCredentials(user.email, manager);
  }

  /**
   * Creates the user if the address is free, and does the same work if it is taken, so that the time does not tell (R90). Answers
   * the id of a new user.
   */
  async createSilently(user: PreparedRegistration, manager: EntityManager): Promise<string | undefined> {
    const isTaken = await this.provisioner.isAddressTaken(user.email, manager);
    const wanted = isTaken ? { ...user, email: `${randomUUID()}@registration.invalid` } : user;
    await manager.query('SAVEPOINT registration');
    const id = await this.provisioner.provision(wanted, manager);
    await manager.query(`${isTaken ? 'ROLLBACK TO' : 'RELEASE'} SAVEPOINT registration`);
    return isTaken ? undefined : id;
  }

  /** Refuses a code that is not good with `code-invalid`, an unfit password with `invalid-input`; hashes. */
  async prepareActivation(code: string, password: string): Promise<PreparedActivation> {
    this.signInPolicy.assertPasswordSignInEnabled();
    const user = await this.limits.evaluateCode(
      () => this.activations.find(code),
      (found) => found !== undefined,
    );
    if (!user) throw new AppError('code-invalid');
    return {
      code,
      userId: user.id,
      passwordHash: await this.newPasswords.hash(password, user, '#/password'),
    };
  }

  /** Gives the user their first password; refuses with `code-invalid` when the code is good no longer. */
  async activate(
    { code, userId, passwordHash }: PreparedActivation,
    manager: EntityManager,
  ): Promise<EnrolledUser> {
    const credentials = await this.activations.redeem(code, { userId, passwordHash }, manager);
    if (!credentials) throw new AppError('code-invalid');
    const { credentialsVersion } = credentials;
    return { identity: await this.identities.getById(userId, manager), credentialsVersion };
  }

  /** The hash of a password in the place of a checked one; refuses an unfit one with `invalid-input`. */
  hashReplacement({ identity }: VerifiedPassword, replacement: string): Promise<string> {
    return this.newPasswords.hash(replacement, identity, '#/new_password');
  }

  /** Refuses with `invalid-credentials` when the checked password is the user's no longer. */
  async replaceInitial(
    checked: VerifiedPassword,
    hash: string,
    manager: EntityManager,
  ): Promise<EnrolledUser> {
    const credentialsVersion = await this.newPasswords.store(checked, hash, manager);
    if (credentialsVersion === undefined) throw new AppError('invalid-credentials');
    return { identity: checked.identity, credentialsVersion };
  }
}
