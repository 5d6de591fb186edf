import { Injectable, Logger } from '@nestjs/common';
import type { IdentityContext } from '../security/identity-context';
import { tokenRefusal } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** The user of a good token, or a sentence on why it is not good. */
export type TokenValidation = { readonly identity: IdentityContext } | { readonly refusal: string };

/** Tells other services whose token they hold. */
@Injectable()
export class TokenValidationService {
  private readonly logger = new Logger('Auth');

  constructor(private readonly authenticator: TokenAuthenticator) {}

  /** Whose token it is, or why it is refused; an outage is thrown. */
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
