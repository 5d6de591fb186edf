import { Injectable, Logger } from '@nestjs/common';
import { counter } from '../common/metrics/instruments';
import type { UserAnswer } from '../identity/snapshots/user-answer';
import { tokenRefusal } from '../tokens/access-tokens';
import { RememberedTokens } from './remembered-tokens';

/** `cache` says where the answer came from: `none` when nothing is kept in memory. */
const VALIDATIONS = counter('auth_validations_total', 'Tokens that were validated for other services', [
  'result',
  'cache',
]);

/** The user of a valid token, or a sentence that says why it is not valid. */
export type TokenValidation = { readonly user: UserAnswer } | { readonly refusal: string };

/** Validates tokens for other services. */
@Injectable()
export class TokenValidationService {
  private readonly logger = new Logger('Auth');

  constructor(private readonly tokens: RememberedTokens) {}

  /** The answer about a token that is in memory, at once; undefined when `validate` must read it. */
  recall(text: string): UserAnswer | undefined {
    const user = this.tokens.find(text);
    if (user) VALIDATIONS.add('valid', 'hit');
    return user;
  }

  /** Answers the user of the token or the reason for refusing it; throws on an outage. */
  async validate(text: string): Promise<TokenValidation> {
    try {
      return { user: await this.authenticate(text) };
    } catch (error) {
      const refusal = tokenRefusal(error);
      if (!refusal) throw error;
      const { code, reason, advice } = refusal;
      this.logger.log({ msg: 'token refused', code, reason, ...(advice !== undefined && { advice }) });
      return { refusal: refusal.message };
    }
  }

  /** The same for several tokens, in their order, with few statements; throws when one of them cannot be decided. */
  validateAll(texts: readonly string[]): Promise<TokenValidation[]> {
    return Promise.all(texts.map((text) => this.validate(text)));
  }

  /** Answers the user of the caller's own token; throws when it is refused. */
  async userOf(text: string): Promise<UserAnswer> {
    return this.tokens.find(text) ?? (await this.tokens.read(text));
  }

  /** Answers the user of a token that another service has received; throws when it is refused. */
  async authenticate(text: string): Promise<UserAnswer> {
    const known = this.recall(text);
    if (known) return known;
    const cache = this.tokens.isOn ? 'miss' : 'none';
    try {
      const user = await this.tokens.read(text);
      VALIDATIONS.add('valid', cache);
      return user;
    } catch (error) {
      VALIDATIONS.add(tokenRefusal(error) ? 'invalid' : 'undecided', cache);
      throw error;
    }
  }
}
