import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { auditEvent, type AuditFacts } from '../audit/audit-event';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { isId } from '../common/validation/id';
import { LimitsService } from '../limits/limits.service';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';

/** How a client has sent its credential (RFC 6749 section 2.3.1, RFC 6750 section 2.1). */
export type ClientMechanism = 'basic' | 'form' | 'bearer' | 'other';

/** A credential as a client has sent it, good or not. */
export interface ClientAttempt {
  readonly mechanism: ClientMechanism;
  readonly id?: string | undefined;
  readonly secret?: string | undefined;
}

interface FailureFacts extends AuditFacts {
  readonly mechanism: ClientMechanism;
  readonly reason?: string | undefined;
  readonly service_id?: string;
}

const CLIENT_FAILED = auditEvent<FailureFacts>('service.authentication.failed', 'failure');

/**
 * Records failed authentications of clients and limits them by source. They are counted after the fact, and a good credential is never
 * refused: a key has 256 random bits, nobody finds one by guessing, and nobody shuts out a client by failing in its name.
 */
@Injectable()
export class ClientFailures {
  constructor(
    private readonly limits: LimitsService,
    private readonly services: ServiceAuthenticator,
    private readonly audit: Audit,
  ) {}

  /**
   * The error to answer: `error`, or `too-many-requests` beyond the limit. Throws `service-unavailable` when it cannot be recorded. A
   * client that repeats a failed Basic at once in the body (Prometheus does) has failed once.
   */
  async record(error: unknown, attempt: ClientAttempt | undefined): Promise<unknown> {
    if (!(error instanceof AppError) || error.status !== 401 || !attempt) return error;
    const { mechanism, id, secret } = attempt;
    const name = createHash('sha256').update(`${id}\u0000${secret}`).digest('base64');
    if (mechanism === 'form' && (await this.limits.isRepeatedClient(name))) return error;
    await this.limits.countClientFailure();
    if (mechanism === 'basic') await this.limits.expectRepeatedClient(name);
    const isKnown = id !== undefined && isId(id) && (await this.services.isAccount(id));
    await this.audit.record(CLIENT_FAILED, {
      mechanism,
      reason: error.reason,
      ...(isKnown && { service_id: id.toLowerCase() }),
    });
    return error;
  }
}
