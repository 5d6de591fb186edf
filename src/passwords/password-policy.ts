import { Injectable } from '@nestjs/common';
import { codePoints } from '../common/validation/text-rules';
import { PasswordConfig } from '../config/password.config';
import { PasswordBlocklist } from './password-blocklist';
import { MAX_PASSWORD_LENGTH, normalisePassword } from './password-text';

const WELL_KNOWN =
  'must not be a well-known password, or made of the name of the service or of your own name or address; choose another';

/** What a new password must be (NIST SP 800-63B-4 section 3.1.1.2): long enough and not well known. No composition rules. */
@Injectable()
export class PasswordPolicy {
  constructor(
    private readonly config: PasswordConfig,
    private readonly blocklist: PasswordBlocklist,
  ) {}

  /** Why a password is unfit, and what is allowed; undefined when it is fit. */
  refusal(password: string, owner: { readonly email: string; readonly name: string }): string | undefined {
    const { minLength, blocklist } = this.config;
    const normalised = normalisePassword(password);
    if (codePoints(normalised) < minLength)
      return `must have ${minLength} to ${MAX_PASSWORD_LENGTH} characters`;
    return blocklist && this.blocklist.has(normalised, owner) ? WELL_KNOWN : undefined;
  }
}
