import { Injectable, Logger } from '@nestjs/common';
import type { IdentityContext } from '../security/identity-context';
import { tokenRefusal } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

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
      return await this.authenticator.authenticate(this.authenticator.read(text));
    } catch (error) {
      const refusal = tokenRefusal(error);
      if (!refusal) throw error;
      this.logger.log({ msg: 'token refused', code: refusal.code, reason: refusal.reason });
      return { refusal: refusal.message };
    }
  }
}
