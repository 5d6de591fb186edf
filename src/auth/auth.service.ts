import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../common/security/identity-context';
import { AccountsService } from './accounts.service';
import { TokenAuthenticator } from './token-authenticator';
import { AccessTokens, type IssuedToken } from './tokens/access-tokens';

/** A person and the token that was issued to them. */
export interface SignedIn {
  readonly identity: IdentityContext;
  readonly accessToken: IssuedToken;
}

/** The person of a good token, or a sentence on why it is not good. */
export type TokenJudgement = { readonly identity: IdentityContext } | { readonly refusal: string };

/** Sign-in and the judgement of tokens. */
@Injectable()
export class AuthService {
  private readonly logger = new Logger('Auth');

  constructor(
    private readonly accounts: AccountsService,
    private readonly tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
  ) {}

  /** Makes an account and signs the person in. */
  async register(account: { email: string; password: string; name: string }): Promise<SignedIn> {
    const identity = await this.accounts.register(account);
    this.logger.log({ msg: 'auth.registered', user_id: identity.id });
    return this.signIn(identity);
  }

  /** Signs a person in. */
  async login(email: string, password: string): Promise<SignedIn> {
    const identity = await this.accounts.authenticate(email, password);
    this.logger.log({ msg: 'auth.login.succeeded', user_id: identity.id });
    return this.signIn(identity);
  }

  /** Whose token it is, or why it is refused. What is no refusal (an outage) is thrown: then nobody can say. */
  async validate(token: string): Promise<TokenJudgement> {
    try {
      return { identity: (await this.authenticator.authenticate(token)).identity };
    } catch (error) {
      if (error instanceof AppError && error.refusesToken) return { refusal: error.message };
      throw error;
    }
  }

  private signIn(identity: IdentityContext): SignedIn {
    return { identity, accessToken: this.tokens.issue(identity) };
  }
}
