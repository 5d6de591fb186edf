import { aLockedUser, anAdmin, aService, authorityOf } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf } from '../../test/support/unit/journal';
import { AppError } from '../common/errors/app-error';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import type { ActivationCodes } from './activation-codes.service';
import { UserActivationService } from './user-activation.service';

const EXPIRES = new Date('2026-05-02T10:00:00.000Z');
const INVITED = aLockedUser({ hasPassword: false });

interface Given {
  caller?: Principal;
  target?: LockedUser | undefined;
  isOpen?: boolean;
}

function serviceOf(given: Given = {}) {
  const { caller, target, isOpen } = { caller: anAdmin(), target: INVITED, isOpen: true, ...given };
  const journal = new Journal();
  const stored: unknown[] = [];
  const service = new UserActivationService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: answers(authorityOf(caller, ...(target ? [target] : []))),
    }),
    {
      once: async (_request, _manager, work, conceal) => {
        const body = await work();
        stored.push(conceal(body));
        return body;
      },
    } as Partial<IdempotencyService> as IdempotencyService,
    journal.fake<ActivationCodes>('activations', {
      issue: answers({ code: 'SECRET', expiresAt: EXPIRES }),
      send: answers(EXPIRES),
      assertCanSend: () => {
        if (!isOpen) throw new AppError('mail-not-configured');
      },
    }),
    journal.audit(),
  );
  return { journal, service, caller, stored };
}

describe('UserActivationService', () => {
  it('hands a code over once, records it, and stores the answer without it', async () => {
    const { journal, service, caller, stored } = serviceOf();
    expect(await service.issue(caller, 'ada', undefined)).toMatchObject({ code: 'SECRET' });
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx activations.issue',
      'tx audit user.activation.issued',
      'COMMIT',
    ]);
    expect(stored).toEqual([{ code: null, expires_at: '2026-05-02T10:00:00.000Z' }]);
  });

  it('answers no code that goes by mail', async () => {
    const { journal, service, caller } = serviceOf();
    expect(await service.send(caller, 'ada', undefined)).toMatchObject({ code: null });
    expect(journal.acts).not.toContain('tx activations.issue');
    expect(journal.events).toEqual([{ type: 'user.activation.issued', user_id: 'ada' }]);
  });

  it('refuses before anything where no mail can be sent', async () => {
    const { journal, service, caller } = serviceOf({ isOpen: false });
    // As Express calls it: an error that is thrown at once is a refusal too.
    const sent = Promise.resolve().then(() => service.send(caller, 'ada', undefined));
    expect((await refusalOf(sent)).code).toBe('mail-not-configured');
    expect(journal.acts).toEqual(['activations.assertCanSend']);
  });

  it.each<[string, Given, string]>([
    ['a user with a password', { target: aLockedUser() }, 'password-already-set'],
    ['an id that nobody has', { target: undefined }, 'not-found'],
    [
      'an administrator, for a service',
      { caller: aService('users:write'), target: aLockedUser({ role: 'admin', hasPassword: false }) },
      'forbidden',
    ],
  ])('makes no code for %s', async (_who, given, code) => {
    for (const act of ['issue', 'send'] as const) {
      const { journal, service, caller, stored } = serviceOf(given);
      expect((await refusalOf(service[act](caller, 'ada', undefined))).code).toBe(code);
      expect(journal.acts.slice(-2)).toEqual(['tx authority.require', 'ROLLBACK']);
      expect([...journal.events, ...stored]).toEqual([]);
    }
  });
});
