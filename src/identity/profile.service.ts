import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { Database } from '../database/database';
import type { ProfileChanges } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import { IdentityContextReader } from './identity-context.reader';

/** Changes by users to their own profile. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly database: Database,
    private readonly users: UsersService,
    private readonly identities: IdentityContextReader,
  ) {}

  /** Answers the updated user. */
  async update(identity: IdentityContext, changes: ProfileChanges): Promise<IdentityContext> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length === 0) return identity;
    return this.database.transaction(async (manager) => {
      const found = await this.users.updateProfile(identity.id, given, manager);
      if (!found) throw new AppError('invalid-token', { reason: 'unknown user' }); // deleted after the guard's check
      return this.identities.getById(identity.id, manager);
    });
  }
}
