import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { Audit } from '../audit/audit';
import type { UserPrincipal } from '../security/principal';
import { invalidInput } from '../common/errors/invalid-input';
import { PasswordAuthenticator } from './password-authenticator';
import { REAUTHENTICATION_FAILED } from './password-events';

/** How long, in seconds, an authentication is sufficient for acts that a stolen token must not allow. */
const RECENT_SECONDS = 10 * 60;

/** Requires proof that the user acts, not a holder of a stolen token. */
@Injectable()
export class ReauthenticationService {
  constructor(
    private readonly passwords: PasswordAuthenticator,
    private readonly audit: Audit,
  ) {}

  /**
   * Returns when the given password is the caller's or, without one, when the caller authenticated within the last 10 minutes.
   * Refuses with `invalid-input` when the password is wrong, otherwise with `reauthentication-required`: also a password that
   * somebody else has chosen, who knows it.
   */
  async require(principal: UserPrincipal, password: string | undefined): Promise<void> {
    if (password !== undefined) return this.checkPassword(principal, password);
    if (principal.authenticationAge > RECENT_SECONDS) throw new AppError('reauthentication-required');
  }

  private async checkPassword({ identity }: UserPrincipal, password: string): Promise<void> {
    const checked = await this.passwords.authenticate(identity.email, password);
    const isTheirs = checked.isVerified && checked.identity.id === identity.id;
    if (isTheirs && !checked.mustChangePassword) return;
    await this.audit.record(REAUTHENTICATION_FAILED, { user_id: identity.id });
    if (isTheirs) throw new AppError('reauthentication-required');
    throw invalidInput([{ pointer: '#/password', detail: 'is not your current password' }]);
  }
}
