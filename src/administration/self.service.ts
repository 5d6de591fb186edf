import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import { ManagedUsersReader, type ManagedUser } from '../identity/managed-users.reader';
import { ReauthenticationService } from '../passwords/reauthentication.service';
import type { UserPrincipal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import { USER_DELETED, USER_EXPORTED } from './administration-events';
import { ManagedUsersRepository, type StoredHistory } from './managed-users.repository';
import { noSuchUser } from './user-administration.service';

/** What users do with all that is stored of themselves. */
@Injectable()
export class SelfService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly reauthentication: ReauthenticationService,
    private readonly reader: ManagedUsersReader,
    private readonly users: ManagedUsersRepository,
    private readonly audit: Audit,
  ) {}

  async export({ identity: { id } }: UserPrincipal): Promise<{ user: ManagedUser; history: StoredHistory }> {
    const [user, history] = [await this.reader.find(id), await this.users.findHistory(id)];
    if (!user) throw noSuchUser();
    await this.audit.record(USER_EXPORTED, { user_id: id });
    return { user, history };
  }

  /** Asks for the password or a recent sign-in (R84). Refuses with `last-admin` and `last-owner`, as the database decides. */
  async delete(principal: UserPrincipal, password: string | undefined): Promise<void> {
    const { id } = principal.identity;
    await this.reauthentication.require(principal, password);
    await this.database.transaction(async (manager) => {
      await this.authority.lock(principal, manager, [id]);
      await this.users.delete(id, manager);
      await this.audit.record(USER_DELETED, { user_id: id }, manager);
    });
  }
}
