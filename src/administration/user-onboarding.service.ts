import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import { toManagedUserResponse } from '../identity/dto/managed-user-response.dto';
import { ManagedUsersReader } from '../identity/managed-users.reader';
import type { Principal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import { USER_CREATED } from './administration-events';
import { concealCode, toActivationResponse, type CreatedUserResponse } from './dto/activation-response.dto';
import { noSuchUser } from './user-administration.service';
import { UserCreationService, type UserToCreate } from './user-creation.service';

/** New users, each request with an `Idempotency-Key` done once. */
@Injectable()
export class UserOnboardingService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly idempotency: IdempotencyService,
    private readonly creation: UserCreationService,
    private readonly reader: ManagedUsersReader,
    private readonly audit: Audit,
  ) {}

  /** Without a password the answer holds an activation code, here alone. */
  async create(
    principal: Principal,
    user: UserToCreate,
    request: IdempotentRequest | undefined,
  ): Promise<CreatedUserResponse> {
    // Who may administer users is decided by users.
    if (user.role === 'admin' && principal.kind !== 'user') throw new AppError('forbidden');
    const prepared = await this.creation.prepare(user);
    return this.database.transaction(async (manager) => {
      const authority = await this.authority.require(principal, 'users:write', manager);
      // Administrators have both; a service gives places only with the scopes for them.
      if (user.teams && user.teams.length > 0) authority.require('teams:write');
      if (user.domains && user.domains.length > 0) authority.require('domains:write');
      const work = async (): Promise<CreatedUserResponse> => {
        const { id, activation } = await this.creation.create(prepared, manager);
        const created = await this.reader.find(id, manager);
        if (!created) throw noSuchUser();
        const facts = { user_id: id, role: user.role };
        await this.audit.record(USER_CREATED, facts, manager);
        return {
          ...toManagedUserResponse(created),
          ...(activation && { activation: toActivationResponse(activation) }),
        };
      };
      return this.idempotency.once(request, manager, work, concealUser);
    });
  }
}

/** What is stored of an answer holds no secret. */
function concealUser(user: CreatedUserResponse): CreatedUserResponse {
  return user.activation ? { ...user, activation: concealCode(user.activation) } : user;
}
