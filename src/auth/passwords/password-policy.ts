import { Injectable } from '@nestjs/common';
import { invalidInput } from '../../common/validation/validation.pipe';
import { codePoints } from '../../common/validation/text-rules';
import { AuthConfig } from '../../config/auth.config';
import { PasswordBlocklist } from './password-blocklist';
import { MAX_PASSWORD_LENGTH, normalisePassword } from './password-text';

/** What a new password must be (NIST SP 800-63B-4 section 3.1.1.2): long enough and not well known. No composition rules. */
@Injectable()
export class PasswordPolicy {
  constructor(
    private readonly config: AuthConfig,
    private readonly blocklist: PasswordBlocklist,
  ) {}

  /** Refuses an unfit password with `invalid-input` on the field `pointer`, saying what is allowed. */
  check(password: string, owner: { readonly email: string; readonly name: string }, pointer: string): void {
    const { minLength, blocklist } = this.config.passwords;
    const normalised = normalisePassword(password);
    if (codePoints(normalised) < minLength) {
      throw invalidInput([
        { pointer, detail: `must have ${minLength} to ${MAX_PASSWORD_LENGTH} characters` },
      ]);
    }
    if (blocklist && this.blocklist.has(normalised, owner)) {
      throw invalidInput([
        {
          pointer,
          detail:
            'must not be a well-known password, or made of the name of the service or your own address; choose another',
        },
      ]);
    }
  }
}
