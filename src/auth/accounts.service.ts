import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../common/security/identity-context';
import { Database } from '../database/database';
import { IdentityContextReader, type IdentityWithHash } from '../identity/identity-context.reader';
import { UserProvisioner } from '../identity/user-provisioner';
import { requireEmail } from '../users/email';
import { UsersService } from '../users/users.service';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';

/** Accounts with a password: how they come to be, and whose a password is. */
@Injectable()
export class AccountsService {
  private readonly logger = new Logger('Accounts');

  constructor(
    private readonly database: Database,
    private readonly identities: IdentityContextReader,
    private readonly provisioner: UserProvisioner,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /** Makes an account; refuses an unfit password with `invalid-input`, a taken address with `email-already-registered`. */
  async register(account: { email: string; password: string; name: string }): Promise<IdentityContext> {
    const email = requireEmail(account.email);
    const { name } = account;
    this.policy.check(account.password, { email, name }, '#/password');
    const passwordHash = await this.hasher.hash(account.password);
    return this.database.transaction(async (manager) => {
      const created = await this.provisioner.provision({ email, name, passwordHash }, manager);
      if (!created) throw new AppError('email-already-registered');
      return this.identities.getByEmail(email, manager);
    });
  }

  /**
   * The person whose address and password these are. One answer, `invalid-credentials`, in the same time, for an unknown
   * address, a wrong password, an account without a password and one that is not active.
   */
  async authenticate(address: string, password: string): Promise<IdentityContext> {
    const found = await this.identities.findWithHash(requireEmail(address));
    const matches = await this.hasher.verify(password, found?.passwordHash);
    if (!found || !matches || !found.identity.isActive) {
      throw new AppError('invalid-credentials', { reason: 'login failed' });
    }
    await this.upgradeHash(found, password);
    return found.identity;
  }

  /** Raises a hash of a lower cost; a failure only puts it off. */
  private async upgradeHash({ identity, passwordHash }: IdentityWithHash, password: string): Promise<void> {
    if (passwordHash === null || !this.hasher.needsUpgrade(passwordHash)) return;
    try {
      const stronger = await this.hasher.hash(password);
      await this.database.transaction((manager) =>
        this.users.replacePasswordHash(identity.id, passwordHash, stronger, manager),
      );
    } catch (error) {
      this.logger.warn({ msg: 'a password hash was not upgraded', user_id: identity.id, err: error });
    }
  }
}
