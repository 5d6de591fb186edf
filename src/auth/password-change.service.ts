import { Injectable } from '@nestjs/common';
import { Audit } from '../common/logging/audit';
import type { Principal } from '../common/security/principal';
import { invalidInput } from '../common/validation/validation.pipe';
import { Database } from '../database/database';
import { SessionsService } from '../sessions/sessions.service';
import { UsersService } from '../users/users.service';
import { AccountsService, type CheckedPassword } from './accounts.service';
import { refused } from './tokens/access-tokens';

/** How people change their password. */
@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly audit: Audit,
  ) {}

  /**
   * Puts a new password in the place of the current one and ends the person's other sessions, at the same moment. Refuses
   * a wrong current password, and an unfit new one, with `invalid-input`.
   */
  async change({ identity, sessionId }: Principal, current: string, replacement: string): Promise<void> {
    const changed = await this.accounts.withPassword(identity.email, current, async (checked) => {
      if (checked.identity.id !== identity.id) return undefined;
      const newHash = await this.accounts.hashNew(replacement, identity, '#/new_password');
      return this.replace(checked, newHash, sessionId);
    });
    if (!changed) {
      throw invalidInput([{ pointer: '#/current_password', detail: 'is not your current password' }]);
    }
    this.audit.record('auth.password.changed', { user_id: identity.id });
  }

  /** Undefined when the password was changed since it was checked. */
  private replace(
    { identity, passwordHash }: CheckedPassword,
    newHash: string,
    except: string | undefined,
  ): Promise<true | undefined> {
    return this.database.transaction(async (manager) => {
      // The row of the user is locked from here on: a login with the old password waits, and then finds it gone.
      const replaced = await this.users.replacePasswordHash(identity.id, passwordHash, newHash, manager);
      if (!replaced) return undefined;
      // Whoever was signed out while the password was hashed must not sign out the others.
      if (except !== undefined && !(await this.sessions.lockLiving(except, manager)))
        throw refused('session');
      await this.sessions.endAll(identity.id, except, 'password-changed', manager);
      return true;
    });
  }
}
