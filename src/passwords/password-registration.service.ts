import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { IdentityContextReader, type IdentityWithCredentials } from '../identity/identity-context.reader';
import { UserProvisioner } from '../identity/user-provisioner';
import { requireEmail } from '../users/email';
import { NewPasswordsService } from './new-passwords.service';
import { SignInPolicy } from './sign-in-policy';

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

/** Creates users with a password. */
@Injectable()
export class PasswordRegistrationService {
  constructor(
    private readonly identities: IdentityContextReader,
    private readonly provisioner: UserProvisioner,
    private readonly newPasswords: NewPasswordsService,
    private readonly signInPolicy: SignInPolicy,
  ) {}

  /**
   * Checks and hashes, outside any transaction. Refuses a password against the policy with `invalid-input`, and a registration
   * that the settings do not allow with `registration-closed` or `password-sign-in-disabled`.
   */
  async prepare({ email: address, name, password }: Registration): Promise<PreparedRegistration> {
    const email = requireEmail(address);
    this.signInPolicy.assertPasswordSignInEnabled();
    this.signInPolicy.assertMayRegister(email);
    const passwordHash = await this.newPasswords.hash(password, { email, name }, '#/password');
    return { email, name, passwordHash };
  }

  /** Creates the user; refuses a taken address with `email-already-registered`. */
  async create(user: PreparedRegistration, manager: EntityManager): Promise<IdentityWithCredentials> {
    const created = await this.provisioner.provision(user, manager);
    if (!created) throw new AppError('email-already-registered');
    return this.identities.getWithCredentials(user.email, manager);
  }
}
