import { Injectable, Logger } from '@nestjs/common';
import { counter } from '../common/metrics/instruments';
import type { UserAnswer } from '../identity/snapshots/user-answer';
import type { ServicePrincipal } from '../security/principal';
import { refused, tokenRefusal } from '../tokens/access-tokens';
import type { TokenHolder } from './dto/validate-request.dto';
import { RememberedTokens } from './remembered-tokens';
import { ServiceCallers } from './service-callers';

/** `cache` says where the answer came from: `none` when nothing is kept in memory. */
const VALIDATIONS = counter('auth_validations_total', 'Tokens that were validated for other services', [
  'result',
  'cache',
]);

/** The user of a valid token, or a sentence that says why it is not valid. */
export type TokenValidation = { readonly user: UserAnswer } | { readonly refusal: string };

/** The same for whoever accepts tokens of services too. */
export type AcceptedValidation = TokenValidation | { readonly service: ServicePrincipal };

/** Validates tokens for other services. */
@Injectable()
export class TokenValidationService {
  private readonly logger = new Logger('Auth');

  constructor(
    private readonly tokens: RememberedTokens,
    private readonly callers: ServiceCallers,
  ) {}

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
      return this.refusalOf(error);
    }
  }

  /** The same for a caller that says whose tokens it accepts; keys and tokens of services count as tokens of services. */
  async validateAccepted(text: string, accept: readonly TokenHolder[]): Promise<AcceptedValidation> {
    if (!accept.includes('service')) return this.validate(text);
    const acceptsUsers = accept.includes('user');
    const known = acceptsUsers ? this.recall(text) : undefined;
    if (known) return { user: known };
    try {
      return await counted(this.tokens.isOn ? 'miss' : 'none', async () => {
        if (this.callers.isServiceCredential(text)) {
          return { service: await this.callers.authenticateService(text) };
        }
        if (!acceptsUsers) throw refused('kind');
        return { user: await this.tokens.read(text) };
      });
    } catch (error) {
      return this.refusalOf(error);
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
    return counted(this.tokens.isOn ? 'miss' : 'none', () => this.tokens.read(text));
  }

  /** The answer and the log line of a refusal; throws what is none. */
  private refusalOf(error: unknown): { readonly refusal: string } {
    const refusal = tokenRefusal(error);
    if (!refusal) throw error;
    const { code, reason, advice } = refusal;
    this.logger.log({ msg: 'token refused', code, reason, ...(advice !== undefined && { advice }) });
    return { refusal: refusal.message };
  }
}

/** Counts how a validation ends. */
async function counted<T>(cache: 'miss' | 'none', read: () => Promise<T>): Promise<T> {
  try {
    const answer = await read();
    VALIDATIONS.add('valid', cache);
    return answer;
  } catch (error) {
    VALIDATIONS.add(tokenRefusal(error) ? 'invalid' : 'undecided', cache);
    throw error;
  }
}
