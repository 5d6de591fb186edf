import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { PasswordConfig } from '../config/password.config';

/** Which registrations and sign-ins the settings allow. */
@Injectable()
export class SignInPolicy {
  constructor(private readonly config: PasswordConfig) {}

  /** Refuses with `password-sign-in-disabled` when password sign-in is off. */
  assertPasswordSignInEnabled(): void {
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
