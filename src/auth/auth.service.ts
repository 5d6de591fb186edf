import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { Audit } from '../audit/audit';
import { PASSWORD } from '../passwords/authentication-method';
import {
  PasswordAuthenticator,
  type PasswordGuess,
  type RefusedPassword,
  type VerifiedPassword,
} from '../passwords/password-authenticator';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';
import { PasswordEnrolmentService } from './password-enrolment.service';
import { SignInMails } from './sign-in-mails.service';
import { SignInSessions } from './sign-in-sessions.service';
import { LOGIN_FAILED } from './auth-events';
import { SIGN_INS } from './sign-in-metrics';

const NOT_REQUIRED = {
  pointer: '#/new_password',
  detail: 'is taken only where a change is required; change your password at POST /auth/password',
};

/** What a user signs in with. */
export interface PasswordSignIn extends PasswordGuess {
  /** Takes the place of a password that an administrator has chosen. */
  readonly newPassword?: string | undefined;
}

/** Sign-in with a password. */
@Injectable()
export class AuthService {
  constructor(
    private readonly passwords: PasswordAuthenticator,
    private readonly sessions: SignInSessions,
    private readonly issuer: TokenIssuer,
    private readonly enrolment: PasswordEnrolmentService,
    private readonly audit: Audit,
    private readonly mails: SignInMails,
  ) {}

  /**
   * Signs a user in; refuses with `invalid-credentials`, whatever the cause. A password that an administrator has chosen opens
   * nothing but its change to `newPassword`. Refuses with `address-not-verified` where the settings want a verified address.
   */
  async login(signIn: PasswordSignIn): Promise<TokenPair> {
    const entered = await this.passwords.signIn(signIn, (verified) => this.enter(verified, signIn));
    return 'isVerified' in entered ? this.refuse(entered) : entered;
  }

  private async enter(
    checked: VerifiedPassword,
    { password, newPassword }: PasswordSignIn,
  ): Promise<TokenPair> {
    await this.mails.assertVerified(checked.identity);
    if (checked.mustChangePassword) return this.enrolment.replaceInitial(checked, password, newPassword);
    if (newPassword !== undefined) throw invalidInput([NOT_REQUIRED]);
    const { identity, credentialsVersion } = checked;
    const session = await this.sessions.open(
      { userId: identity.id, credentialsVersion, methods: [PASSWORD] },
      identity,
    );
    if (!session) return this.refuse({ userId: identity.id, reason: 'changed meanwhile' });
    SIGN_INS.add('password', 'success', 'none');
    await this.passwords.upgradeHash(checked, password);
    return this.issuer.issuePair(identity, session);
  }

  /** Signs in an existing active user by address alone, for development only. Undefined when there is none. */
  async signInWithoutPassword(email: string): Promise<TokenPair | undefined> {
    const found = await this.passwords.find(email);
    if (!found?.identity.isActive) return undefined;
    const { identity, credentialsVersion } = found;
    const session = await this.sessions.open({ userId: identity.id, credentialsVersion, methods: [] });
    if (!session) return undefined;
    SIGN_INS.add('development', 'success', 'none');
    return this.issuer.issuePair(identity, session);
  }

  private async refuse({ userId, reason }: Pick<RefusedPassword, 'userId' | 'reason'>): Promise<never> {
    await this.audit.record(LOGIN_FAILED, { user_id: userId, reason });
    SIGN_INS.add('password', 'failure', reason);
    throw new AppError('invalid-credentials');
  }
}
