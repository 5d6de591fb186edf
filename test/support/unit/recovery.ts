import type { CodeUse } from '../../../src/recovery/code-use.service';
import type { AccountRecovery } from '../../../src/recovery/account-recovery.service';
import type { LockedUser } from '../../../src/users/users.repository';
import type { UsedCode } from '../../../src/verification/verification-codes.repository';
import { aLockedUser, anIdentity } from './callers';
import { done, type Journal } from './journal';

type Use = Parameters<CodeUse['run']>[1];

/** A code that was used up. */
export const aUsedCode = (facts: Partial<UsedCode> = {}): UsedCode => ({
  userId: 'ada',
  address: 'ada@example.com',
  byMail: true,
  signsIn: false,
  sessionId: null,
  registration: undefined,
  createdAt: new Date('2026-05-01T10:00:00.000Z'),
  ...facts,
});

/** Codes that are good: what they do is done in a transaction, after it was prepared. */
export function goodCodes(
  journal: Journal,
  { used = aUsedCode(), user = aLockedUser() }: { used?: UsedCode; user?: LockedUser } = {},
): CodeUse {
  const database = journal.database();
  const run = async (code: string, use: Use): Promise<unknown> => {
    const prepared = await use.prepare(anIdentity());
    journal.acts.push(`${code}: ${use.purpose}, ${use.event.type}`);
    return database.transaction((manager) => use.act({ used, user, prepared }, manager));
  };
  return { run } as Partial<CodeUse> as CodeUse;
}

/** The parts of recoveries. */
export const recoveryParts = (journal: Journal): AccountRecovery =>
  journal.fake<AccountRecovery>('account', {
    endRightsOfUnproven: done,
    markEmailVerified: done,
    setPassword: done,
    endAll: done,
    endOthers: done,
    endSurplus: done,
    signIn: () => Promise.resolve({ identity: anIdentity(), refreshToken: 'r' }),
  });
