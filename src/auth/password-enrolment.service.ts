import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { Database } from '../database/database';
import { Outbox } from '../mail/outbox.service';
import { PASSWORD } from '../passwords/authentication-method';
import type { VerifiedPassword } from '../passwords/password-authenticator';
import { PASSWORD_CHANGED } from '../passwords/password-events';
import {
  PasswordRegistrationService,
  type EnrolledUser,
  type PreparedRegistration,
  type Registration,
} from '../passwords/password-registration.service';
import { SessionsService, type NewlyOpenSession } from '../sessions/sessions.service';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';
import { ACTIVATED, LOGIN_FAILED, REGISTERED } from './auth-events';
import { SIGN_INS } from './sign-in-metrics';

/** Sign-ins that set a password: registration, activation, and the change of one that an administrator has chosen. */
@Injectable()
export class PasswordEnrolmentService {
  constructor(
    private readonly database: Database,
    private readonly registration: PasswordRegistrationService,
    private readonly sessions: SessionsService,
    private readonly issuer: TokenIssuer,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Makes a user and signs them in. Where addresses must be verified first, answers undefined, whoever has the address: the owner
   * gets a mail.
   */
  async register(request: Registration): Promise<TokenPair | undefined> {
    const prepared = await this.registration.prepare(request);
    if (this.outbox.verifiesRegistrations) return this.registerByMail(prepared);
    const pair = await this.enter(REGISTERED, (manager) => this.registration.create(prepared, manager));
    SIGN_INS.add('registration', 'success', 'none');
    return pair;
  }

  private async registerByMail(user: PreparedRegistration): Promise<undefined> {
    const { email, name, passwordHash } = user;
    const facts = { name, password_hash: passwordHash };
    await this.database.transaction(async (manager) => {
      const id = await this.registration.createSilently(user, manager);
      await this.outbox.request('registration', { userId: null, address: email }, { facts }, manager);
      await this.audit.record(REGISTERED, { user_id: id }, manager);
    });
  }

  /** Gives the user of an activation code their first password and signs them in; refuses with `code-invalid`. */
  async activate(code: string, password: string): Promise<TokenPair> {
    const prepared = await this.registration.prepareActivation(code, password);
    const pair = await this.enter(ACTIVATED, (manager) => this.registration.activate(prepared, manager));
    await this.sessions.endSurplus(pair.identity.id);
    SIGN_INS.add('activation', 'success', 'none');
    return pair;
  }

  /**
   * Signs in with a checked password that an administrator has chosen, and puts another one in its place. Refuses with
   * `password-change-required` when there is none.
   */
  async replaceInitial(
    checked: VerifiedPassword,
    password: string,
    replacement: string | undefined,
  ): Promise<TokenPair> {
    const facts = { user_id: checked.identity.id };
    if (replacement === undefined) {
      await this.audit.record(LOGIN_FAILED, { ...facts, reason: 'password change required' });
      SIGN_INS.add('password', 'failure', 'password change required');
      throw new AppError('password-change-required');
    }
    if (replacement.normalize('NFC') === password.normalize('NFC')) {
      throw invalidInput([{ pointer: '#/new_password', detail: 'must be another one than the present one' }]);
    }
    const hash = await this.registration.hashReplacement(checked, replacement);
    const pair = await this.enter(PASSWORD_CHANGED, (manager) =>
      this.registration.replaceInitial(checked, hash, manager),
    );
    await this.sessions.endSurplus(checked.identity.id);
    SIGN_INS.add('password', 'success', 'none');
    return pair;
  }

  private enter(
    event: typeof REGISTERED,
    enrol: (manager: EntityManager) => Promise<EnrolledUser>,
  ): Promise<TokenPair> {
    return this.database.transaction(async (manager) => {
      const { identity, credentialsVersion } = await enrol(manager);
      const session = await this.open(identity.id, credentialsVersion, manager);
      await this.audit.record(event, { user_id: identity.id }, manager);
      return this.issuer.issuePair(identity, session);
    });
  }

  private async open(
    userId: string,
    credentialsVersion: number,
    manager: EntityManager,
  ): Promise<NewlyOpenSession> {
    const session = await this.sessions.open({ userId, credentialsVersion, methods: [PASSWORD] }, manager);
    if (!session) throw new AppError('invalid-credentials');
    return session;
  }
}
