import { Injectable, Logger } from '@nestjs/common';
import { counter } from '../common/metrics/instruments';
import type { IdentityContext } from '../security/identity-context';
import { tokenRefusal } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** `cache` says where the answer came from: `none` when it was read from the database. */
const VALIDATIONS = counter('auth_validations_total', 'Tokens that were validated for other services', [
  'result',
  'cache',
]);

/** The user of a valid token, or a sentence that says why it is not valid. */
export type TokenValidation = { readonly identity: IdentityContext } | { readonly refusal: string };

/** Validates tokens for other services. */
@Injectable()
export class TokenValidationService {
  private readonly logger = new Logger('Auth');

  constructor(private readonly authenticator: TokenAuthenticator) {}

  /** Answers the user of the token or the reason for refusing it; throws on an outage. */
  async validate(text: string): Promise<TokenValidation> {
    try {
      const validation = await this.authenticator.authenticate(this.authenticator.read(text));
      VALIDATIONS.add('valid', 'none');
      return validation;
    } catch (error) {
      const refusal = tokenRefusal(error);
      VALIDATIONS.add(refusal ? 'invalid' : 'undecided', 'none');
      if (!refusal) throw error;
      const { code, reason, advice } = refusal;
      this.logger.log({ msg: 'token refused', code, reason, ...(advice !== undefined && { advice }) });
      return { refusal: refusal.message };
    }
  }
}
