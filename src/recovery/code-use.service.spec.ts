import { aLockedUser } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import { aUsedCode } from '../../test/support/unit/recovery';
import { AppError } from '../common/errors/app-error';
import type { LimitsService } from '../limits/limits.service';
import type { LockedUser } from '../users/users.repository';
import type { UsersService } from '../users/users.service';
import type { CodeOwner } from '../verification/verification-codes.repository';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { CodeUse } from './code-use.service';
import { PASSWORD_RESET } from './recovery-events';

const OWNER = { id: 'ada', email: 'ada@example.com', name: 'Ada' };
const REFUSED = [{ type: 'auth.code.refused', purpose: 'password-reset' }];

interface Given {
  owner?: CodeOwner | undefined;
  used?: object | undefined;
  user?: LockedUser | undefined;
}

function useOf(given: Given = {}) {
  const { owner, used, user } = { owner: OWNER, used: aUsedCode(), user: aLockedUser(), ...given };
  const journal = new Journal();
  const counted: boolean[] = [];
  const limits = {
    evaluateCode: async <T>(check: () => Promise<T>, isRight: (answer: T) => boolean) => {
      const answer = await check();
      counted.push(isRight(answer));
      return answer;
    },
  } as Partial<LimitsService> as LimitsService;
  const uses = new CodeUse(
    journal.database(),
    journal.fake<VerificationCodes>('codes', { findOwner: answers(owner), consume: answers(used) }),
    journal.fake<UsersService>('users', { lockById: answers(user) }),
    limits,
    journal.audit(),
  );
  const { prepare, act } = journal.fake<{
    prepare: () => Promise<string>;
    act: (...all: unknown[]) => Promise<string>;
  }>('use', { prepare: answers('prepared'), act: answers('done') });
  return {
    journal,
    uses,
    counted,
    use: { purpose: 'password-reset', event: PASSWORD_RESET, prepare, act } as const,
  };
}

describe('CodeUse', () => {
  it('R89 prepares, then in one transaction uses the code up, acts and records', async () => {
    const { journal, uses, use, counted } = useOf();
    expect(await uses.run('c', use)).toBe('done');
    expect(journal.acts).toEqual([
      'codes.findOwner',
      'use.prepare',
      'BEGIN',
      'tx codes.consume',
      'tx users.lockById',
      'tx use.act',
      'tx audit auth.password.reset',
      'COMMIT',
    ]);
    expect(journal.given('use.act')).toEqual([
      [{ used: aUsedCode(), user: aLockedUser(), prepared: 'prepared' }],
    ]);
    expect(journal.given('codes.consume')).toEqual([['c', { userId: 'ada', purpose: 'password-reset' }]]);
    expect(counted).toEqual([true]);
  });

  it('counts a code that is not good for its source, and prepares nothing for it', async () => {
    const { journal, uses, use, counted } = useOf({ owner: undefined });
    expect((await refusalOf(uses.run('c', use))).code).toBe('code-invalid');
    expect(journal.acts).toEqual(['codes.findOwner', 'audit auth.code.refused']);
    expect(journal.events).toEqual(REFUSED);
    expect(counted).toEqual([false]);
  });

  it.each<[string, Given]>([
    ['another request has used meanwhile', { used: undefined }],
    ['has lost its user meanwhile', { user: undefined }],
  ])('R89 acts for no code that %s', async (_what, given) => {
    const { journal, uses, use } = useOf(given);
    expect((await refusalOf(uses.run('c', use))).code).toBe('code-invalid');
    expect(journal.acts).not.toContain('tx use.act');
    expect(journal.acts.slice(-2)).toEqual(['ROLLBACK', 'audit auth.code.refused']);
    expect(journal.events).toEqual(REFUSED);
  });

  it('leaves the code good when the preparation refuses, and records no refused code', async () => {
    const { journal, uses, use } = useOf();
    const refusal = await refusalOf(uses.run('c', { ...use, prepare: refuses('invalid-input') }));
    expect(refusal.code).toBe('invalid-input');
    expect(journal.acts).toEqual(['codes.findOwner']);
  });

  it('leaves the code good when the act refuses: its end is rolled back with the act', async () => {
    const { journal, uses, use } = useOf();
    const act = () => Promise.reject(new AppError('last-admin'));
    expect((await refusalOf(uses.run('c', { ...use, act }))).code).toBe('last-admin');
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });

  it('records a code that its act finds to be good no longer', async () => {
    const { journal, uses, use } = useOf();
    await refusalOf(uses.run('c', { ...use, act: refuses('code-invalid') }));
    expect(journal.events).toEqual(REFUSED);
  });
});
