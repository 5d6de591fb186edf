import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { PasswordConfig } from '../config/password.config';

/** Which ways of registration and sign-in the settings leave open. */
@Injectable()
export class SignInPolicy {
  constructor(private readonly config: PasswordConfig) {}

  /** Refuses with `password-sign-in-disabled` wherever a password would count. */
  assertPasswordsCount(): void {
    if (!this.config.signIn) throw new AppError('password-sign-in-disabled');
  }

  /** Refuses with `registration-closed` when the owner of this address (normalised) may not register. */
  assertMayRegister(email: string): void {
    const { registration } = this.config;
    if (registration === 'open') return;
    const domain = email.slice(email.lastIndexOf('@') + 1);
    if (registration === 'closed' || !registration.domains.includes(domain)) {
      throw new AppError('registration-closed');
    }
  }
}
