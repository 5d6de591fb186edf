import { Injectable } from '@nestjs/common';
import type { IdentityContext } from '../common/security/identity-context';
import { Database } from '../database/database';
import type { ProfileChanges } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { IdentityContextReader } from './identity-context.reader';

/** What people change of themselves. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly identities: IdentityContextReader,
  ) {}

  /** Answers the person as changed. */
  async update(identity: IdentityContext, changes: ProfileChanges): Promise<IdentityContext> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length === 0) return identity;
    return this.database.transaction(async (manager) => {
      await this.users.updateProfile(identity.id, given, manager);
      return this.identities.getById(identity.id, manager);
    });
  }
}
