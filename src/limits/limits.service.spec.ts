import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import { AppError } from '../common/errors/app-error';
import { onBehalfOf, type RequestScope } from '../common/request-scope';
import { LimitsConfig } from '../config/limits.config';
import type { GuessLimitsRepository, GuessState, Reservation } from './guess-limits.repository';
import { limitKey } from './limit-keys';
import { LimitsService } from './limits.service';
import type { RequestLimitsRepository } from './request-limits.repository';

const CONFIG = {
  enabled: true,
  accountFailures: 10,
  accountGuesses: 100,
  accountMaxWaitSeconds: 900,
  sourceFailures: 50,
  sourceWindowSeconds: 900,
  registrationsPerHour: 60,
};
const ADA = { kind: 'account', name: 'ada@example.com' } as const;
const SOURCE = limitKey('source', '192.0.2.1');
const GUESS = { subject: limitKey('account', 'ada@example.com'), source: SOURCE };
const AWAY = () => Promise.reject(new Error('the database is away'));

function limitsOf({
  guesses = {},
  requests = {},
  config = {},
}: {
  guesses?: Plan<GuessLimitsRepository>;
  requests?: Plan<RequestLimitsRepository>;
  config?: Partial<typeof CONFIG>;
} = {}) {
  const journal = new Journal();
  const limits = new LimitsService(
    new LimitsConfig({ ...CONFIG, ...config }),
    journal.fake<GuessLimitsRepository>('guesses', guesses),
    journal.fake<RequestLimitsRepository>('requests', requests),
    journal.audit(),
  );
  const origin = { ipAddress: '192.0.2.1', userAgent: null };
  const scope = { origin, msLeft: 5_000, isAbandoned: false } as Partial<RequestScope> as RequestScope;
  /** A password check that answers whether the password is right, in a request. */
  const evaluate = (check: () => Promise<boolean>, subject: Parameters<LimitsService['evaluate']>[0] = ADA) =>
    onBehalfOf(scope, () =>
      limits.evaluate(subject, {
        check: noted(check),
        isRight: (isRight) => isRight,
        userIdOf: () => 'ada',
        enter: () => Promise.resolve(void journal.acts.push('enter')),
      }),
    );
  const evaluateCode = (check: () => Promise<boolean>) =>
    onBehalfOf(scope, () => limits.evaluateCode(noted(check), (isRight) => isRight));
  const noted = (check: () => Promise<boolean>) => () => {
    journal.acts.push('check');
    return check();
  };
  return {
    journal,
    limits,
    evaluate,
    evaluateCode,
    request: (work: () => Promise<void>) => onBehalfOf(scope, work),
  };
}

const reserving = (
  reservation: Reservation = 'reserved',
  state?: Partial<GuessState>,
): Plan<GuessLimitsRepository> => ({
  reserve: answers(reservation),
  findState: answers(state),
  settleRight: done,
  settleWrong: answers(1),
  release: done,
});

describe('LimitsService.evaluate', () => {
  it('R40 counts a guess before it is evaluated, and ends the count of failures by a right one', async () => {
    const { journal, evaluate } = limitsOf({ guesses: reserving() });
    expect(await evaluate(answers(true))).toBe(true);
    expect(journal.acts).toEqual(['guesses.reserve', 'check', 'guesses.settleRight', 'enter']);
    expect(journal.given('guesses.reserve')).toEqual([[GUESS]]);
  });

  it('R40 counts a wrong one for the user, and answers it as what it is', async () => {
    const { journal, evaluate } = limitsOf({ guesses: reserving() });
    expect(await evaluate(answers(false))).toBe(false);
    expect(journal.acts).toEqual(['guesses.reserve', 'check', 'guesses.settleWrong']);
    expect(journal.given('guesses.settleWrong')).toEqual([[GUESS, 'ada']]);
  });

  it('P14 counts a known device by itself, not for the source, and not for the account', async () => {
    const { journal, evaluate } = limitsOf({ guesses: reserving() });
    await evaluate(answers(false), { kind: 'device', name: 'd' });
    const device = { subject: limitKey('device', 'd'), source: undefined };
    expect(journal.given('guesses.reserve')).toEqual([[device]]);
    expect(journal.given('guesses.settleWrong')).toEqual([[device, undefined]]);
  });

  it.each([
    ['with the growing wait', 10, 8, 8],
    ['with the longest wait, once only an operator helps', 100, 1, 900],
  ])('refuses %s, and evaluates nothing', async (_how, failures, waitSeconds, retryAfterSeconds) => {
    const state = { failures, pending: 0, waitSeconds };
    const { journal, evaluate } = limitsOf({ guesses: reserving('subject-refused', state) });
    expect(await refusalOf(evaluate(answers(true)))).toMatchObject({
      code: 'too-many-requests',
      retryAfterSeconds,
      limit: { name: 'account', quota: 10, windowSeconds: 600 },
    });
    expect(journal.acts).toEqual(['guesses.reserve', 'guesses.findState']);
  });

  it('R41 refuses beyond the limit of the source, and does not leave the guess counted for the account', async () => {
    const { journal, evaluate } = limitsOf({
      guesses: reserving('source-refused'),
      requests: { secondsLeft: answers(77) },
    });
    expect(await refusalOf(evaluate(answers(true)))).toMatchObject({
      code: 'too-many-requests',
      retryAfterSeconds: 77,
      limit: { name: 'source', quota: 50, windowSeconds: 900 },
    });
    expect(journal.acts).toEqual(['guesses.reserve', 'guesses.release', 'requests.secondsLeft']);
    expect(journal.given('guesses.release')).toEqual([[{ ...GUESS, source: undefined }]]);
  });

  it('lets a guess wait while others are under way, and evaluates it when there is room', async () => {
    const reservations: Reservation[] = ['subject-refused', 'reserved'];
    const { journal, evaluate } = limitsOf({
      guesses: {
        ...reserving('reserved', { failures: 9, pending: 1, waitSeconds: 0 }),
        reserve: () => Promise.resolve(reservations.shift() ?? 'reserved'),
      },
    });
    expect(await evaluate(answers(true))).toBe(true);
    expect(journal.acts.slice(0, 4)).toEqual([
      'guesses.reserve',
      'guesses.findState',
      'guesses.reserve',
      'check',
    ]);
  });

  it.each([10, 100])('R61 records once that a lockout begins: at the failure no. %i', async (failures) => {
    const { journal, evaluate } = limitsOf({ guesses: { ...reserving(), settleWrong: answers(failures) } });
    await evaluate(answers(false));
    expect(journal.events).toMatchObject([
      { type: 'auth.lockout.began', user_id: 'ada', subject: 'account', failures },
    ]);
  });

  it.each([9, 11, 99, 101])('records no lockout at the failure no. %i', async (failures) => {
    const { journal, evaluate } = limitsOf({ guesses: { ...reserving(), settleWrong: answers(failures) } });
    await evaluate(answers(false));
    expect(journal.events).toEqual([]);
  });

  it('takes a guess back whose evaluation failed: an outage is no wrong password', async () => {
    const { journal, evaluate } = limitsOf({ guesses: reserving() });
    expect((await refusalOf(evaluate(refuses('overloaded')))).code).toBe('overloaded');
    expect(journal.acts).toEqual(['guesses.reserve', 'check', 'guesses.release']);
  });

  it.each<[string, Plan<GuessLimitsRepository>]>([
    ['counted', { reserve: AWAY }],
    ['settled as right', { ...reserving(), settleRight: AWAY }],
    ['settled as wrong', { ...reserving(), settleWrong: AWAY }],
  ])('is an outage when a guess cannot be %s', async (_what, guesses) => {
    const { evaluate } = limitsOf({ guesses });
    const isRight = guesses.settleWrong !== AWAY;
    expect(await refusalOf(evaluate(answers(isRight)))).toMatchObject({
      code: 'service-unavailable',
      reason: 'limits',
    });
  });

  it('evaluates nothing that could not be counted', async () => {
    const { journal, evaluate } = limitsOf({ guesses: { reserve: AWAY } });
    await refusalOf(evaluate(answers(true)));
    expect(journal.acts).not.toContain('check');
  });

  it('evaluates everything, and counts nothing, where limits are off', async () => {
    const { journal, evaluate, evaluateCode, limits } = limitsOf({ config: { enabled: false } });
    expect(await evaluate(answers(true))).toBe(true);
    expect(await evaluateCode(answers(false))).toBe(false);
    await limits.countRegistration();
    expect(journal.acts).toEqual(['check', 'enter', 'check']);
  });

  describe('after an outage', () => {
    beforeEach(() => void jest.useFakeTimers({ doNotFake: ['performance'] }));
    afterEach(() => void jest.useRealTimers());

    /** `release` fails once: while the database is away. */
    function awayOnce() {
      let isAway = true;
      return () => {
        if (!isAway) return Promise.resolve();
        isAway = false;
        return AWAY();
      };
    }

    it('takes a guess back later that could not be taken back at once', async () => {
      const { journal, evaluate } = limitsOf({ guesses: { ...reserving(), release: awayOnce() } });
      await refusalOf(evaluate(refuses('service-unavailable')));
      await jest.advanceTimersByTimeAsync(1_000);
      expect(journal.given('guesses.release')).toEqual([[GUESS], [GUESS]]);
    });

    it('takes a guess back later that the source was not allowed: it was never evaluated', async () => {
      const { journal, evaluate } = limitsOf({
        guesses: { ...reserving('source-refused'), release: awayOnce() },
        requests: { secondsLeft: answers(77) },
      });
      await refusalOf(evaluate(answers(true)));
      await jest.advanceTimersByTimeAsync(1_000);
      const ofAccount = { ...GUESS, source: undefined };
      expect(journal.given('guesses.release')).toEqual([[ofAccount], [ofAccount]]);
    });
  });
});

describe('LimitsService.evaluateCode', () => {
  const requests = { count: answers(true), release: answers(true), secondsLeft: answers(5) };

  it('counts a wrong code for its source', async () => {
    const { journal, evaluateCode } = limitsOf({ requests });
    expect(await evaluateCode(answers(false))).toBe(false);
    expect(journal.acts).toEqual(['requests.count', 'check']);
    expect(journal.given('requests.count')).toEqual([[SOURCE, { quota: 50, windowSeconds: 900 }]]);
  });

  it.each<[string, () => Promise<boolean>]>([
    ['a good code', answers(true)],
    ['a code that could not be looked up', AWAY],
  ])('does not count %s', async (_what, check) => {
    const { journal, evaluateCode } = limitsOf({ requests });
    await evaluateCode(check).catch(() => undefined);
    expect(journal.acts).toEqual(['requests.count', 'check', 'requests.release']);
  });

  it('looks no code up beyond the limit of the source', async () => {
    const { journal, evaluateCode } = limitsOf({ requests: { ...requests, count: answers(false) } });
    expect(await refusalOf(evaluateCode(answers(true)))).toMatchObject({
      code: 'too-many-requests',
      retryAfterSeconds: 5,
      limit: { name: 'source' },
    });
    expect(journal.acts).not.toContain('check');
  });

  it('answers a good code also when it cannot be taken back', async () => {
    const { evaluateCode } = limitsOf({ requests: { ...requests, release: AWAY } });
    expect(await evaluateCode(answers(true))).toBe(true);
  });
});

describe('LimitsService.countRegistration', () => {
  it('R41 refuses registrations beyond those of an hour, apart from the guesses of the source', async () => {
    const { journal, limits, request } = limitsOf({
      requests: { count: answers(false), secondsLeft: answers(1_800) },
    });
    expect(await refusalOf(request(() => limits.countRegistration()))).toMatchObject({
      retryAfterSeconds: 1_800,
      limit: { name: 'registration', quota: 60, windowSeconds: 3_600 },
    });
    expect(journal.given('requests.count')[0]?.[0]).toEqual(limitKey('registration', '192.0.2.1'));
  });

  it('passes a refusal of the store on as it is', async () => {
    const { limits, request } = limitsOf({
      requests: { count: () => Promise.reject(new AppError('overloaded')) },
    });
    expect((await refusalOf(request(() => limits.countRegistration()))).code).toBe('overloaded');
  });
});
