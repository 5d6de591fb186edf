import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuditEvent, AuditFacts } from '../audit/audit-event';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import { LimitsService } from '../limits/limits.service';
import type { LockedUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { CodePurpose } from '../verification/code-purpose';
import type { CodeOwner, UsedCode } from '../verification/verification-codes.repository';
import { VerificationCodes } from '../verification/verification-codes.service';
import { CODE_REFUSED } from './recovery-events';

/** What a code does. */
interface Use<Prepared, Result> {
  readonly purpose: CodePurpose;
  /** Recorded when it is done. */
  readonly event: AuditEvent<AuditFacts & { readonly user_id: string }>;
  /** Before the transaction, such as the hash of a password. */
  prepare(this: void, owner: CodeOwner): Promise<Prepared>;
  /** In the transaction, when the code has been used up; the user is locked, as they were. */
  act(
    this: void,
    found: { readonly used: UsedCode; readonly user: LockedUser; readonly prepared: Prepared },
    manager: EntityManager,
  ): Promise<Result>;
}

/** Uses codes: what they do and their end are one transaction. */
@Injectable()
export class CodeUse {
  constructor(
    private readonly database: Database,
    private readonly codes: VerificationCodes,
    private readonly users: UsersService,
    private readonly limits: LimitsService,
    private readonly audit: Audit,
  ) {}

  /** Refuses with `code-invalid` a code that is not good, which is audited. When `act` refuses, the code stays good. */
  async run<Prepared, Result>(code: string, use: Use<Prepared, Result>): Promise<Result> {
    try {
      const owner = await this.limits.evaluateCode(
        () => this.codes.findOwner(code, use.purpose),
        (found) => found !== undefined,
      );
      if (!owner) throw new AppError('code-invalid');
      const prepared = await use.prepare(owner);
      return await this.database.transaction((manager) =>
        this.consume(code, owner, { use, prepared }, manager),
      );
    } catch (error) {
      if (error instanceof AppError && error.code === 'code-invalid') {
        await this.audit.record(CODE_REFUSED, { purpose: use.purpose });
      }
      throw error;
    }
  }

  private async consume<Prepared, Result>(
    code: string,
    { id }: CodeOwner,
    { use, prepared }: { readonly use: Use<Prepared, Result>; readonly prepared: Prepared },
    manager: EntityManager,
  ): Promise<Result> {
    const used = await this.codes.consume(code, { userId: id, purpose: use.purpose }, manager);
    const user = used && (await this.users.lockById(id, manager));
    if (!user) throw new AppError('code-invalid');
    const result = await use.act({ used, user, prepared }, manager);
    await this.audit.record(use.event, { user_id: id }, manager);
    return result;
  }
}
