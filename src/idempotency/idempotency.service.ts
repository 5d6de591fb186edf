import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { ADVISORY_LOCKS, tryLockForTransaction } from '../database/advisory-locks';
import { IdempotencyKeysRepository } from './idempotency-keys.repository';
import type { IdempotentRequest } from './idempotent-request';

/** The status of what is answered to a creation. */
const CREATED = 201;

/** Lets a request that is repeated with its `Idempotency-Key` be done once. */
@Injectable()
export class IdempotencyService {
  constructor(private readonly keys: IdempotencyKeysRepository) {}

  /**
   * Does work in the caller's transaction, and stores its answer with it; a repetition gets that and does nothing. Refuses with
   * `request-in-progress` while the first is under way, and with `idempotency-key-reused` another request. What is refused or
   * fails is not stored. The authority of the caller is checked before.
   *
   * @param conceal the answer as it is stored: every secret in it is null
   */
  async once<Body>(
    request: IdempotentRequest | undefined,
    manager: EntityManager,
    work: () => Promise<Body>,
    conceal: (body: Body) => Body,
  ): Promise<Body> {
    if (!request) return work();
    if (!(await tryLockForTransaction(ADVISORY_LOCKS.idempotencyKey(request), manager))) {
      throw new AppError('request-in-progress');
    }
    const stored = await this.keys.find(request, manager);
    if (stored && !stored.requestHash.equals(request.requestHash))
      throw new AppError('idempotency-key-reused');
    if (stored) return stored.body as Body;
    const body = await work();
    await this.keys.upsert(request, { status: CREATED, body: conceal(body) }, manager);
    return body;
  }
}
