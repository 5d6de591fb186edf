import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import type { Principal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import { ActivationCodes } from './activation-codes.service';
import { ACTIVATION_ISSUED } from './administration-events';
import { concealCode, toActivationResponse, type ActivationResponse } from './dto/activation-response.dto';
import { noSuchUser } from './user-administration.service';

/** Activation codes of users who exist, each request with an `Idempotency-Key` done once. */
@Injectable()
export class UserActivationService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly idempotency: IdempotencyService,
    private readonly activations: ActivationCodes,
    private readonly audit: Audit,
  ) {}

  /** Ends the former code of a user. Refuses with `password-already-set` where there is nothing to activate. */
  issue(
    principal: Principal,
    id: string,
    request: IdempotentRequest | undefined,
  ): Promise<ActivationResponse> {
    return this.act(principal, id, request, async (user, manager) =>
      toActivationResponse(await this.activations.issue(user, manager)),
    );
  }

  /** Has a code sent to the user; the answer holds none. The same refusals, and `mail-not-configured`. */
  async send(
    principal: Principal,
    id: string,
    request: IdempotentRequest | undefined,
  ): Promise<ActivationResponse> {
    this.activations.assertCanSend();
    return this.act(principal, id, request, async (user, manager) => {
      const expiresAt = await this.activations.send(user, manager);
      return { code: null, expires_at: expiresAt.toISOString() };
    });
  }

  private act(
    principal: Principal,
    id: string,
    request: IdempotentRequest | undefined,
    issue: (user: LockedUser, manager: EntityManager) => Promise<ActivationResponse>,
  ): Promise<ActivationResponse> {
    return this.database.transaction(async (manager) => {
      const authority = await this.authority.require(principal, 'users:write', manager, [id]);
      const work = async (): Promise<ActivationResponse> => {
        const user = authority.user(id);
        if (!user) throw noSuchUser();
        authority.requireOver(principal, user);
        if (user.hasPassword) throw new AppError('password-already-set');
        const answer = await issue(user, manager);
        await this.audit.record(ACTIVATION_ISSUED, { user_id: id }, manager);
        return answer;
      };
      return this.idempotency.once(request, manager, work, concealCode);
    });
  }
}
