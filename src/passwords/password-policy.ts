import { Injectable } from '@nestjs/common';
import { codePoints } from '../common/validation/text-rules';
import { PasswordConfig } from '../config/password.config';
import { PasswordBlocklist } from './password-blocklist';
import { MAX_PASSWORD_LENGTH, normalisePassword } from './password-text';

const WELL_KNOWN =
  'must not be a well-known password, or made of the name of the service or of your own name or address; choose another';

/** Rules for new passwords (NIST SP 800-63B-4 section 3.1.1.2): minimum length, not well known; no composition rules. */
@Injectable()
export class PasswordPolicy {
  constructor(
    private readonly config: PasswordConfig,
    private readonly blocklist: PasswordBlocklist,
  ) {}

  /** The rule that a password breaks; undefined when it meets the policy. */
  refusal(password: string, owner: { readonly email: string; readonly name: string }): string | undefined {
    const { minLength, blocklist } = this.config;
    const normalised = normalisePassword(password);
    if (codePoints(normalised) < minLength)
      return `must have ${minLength} to ${MAX_PASSWORD_LENGTH} characters`;
    return blocklist && this.blocklist.has(normalised, owner) ? WELL_KNOWN : undefined;
  }
}
