import { Logger } from '@nestjs/common';
import { JsonWebTokenError } from '@nestjs/jwt';
import { AppError } from '../common/errors/app-error';
import type { UserAnswer } from '../identity/snapshots/user-answer';
import type { RememberedTokens } from './remembered-tokens';
import type { ServiceCallers } from './service-callers';
import { TokenValidationService } from './token-validation.service';

const USER = { userId: 'u' } as UserAnswer;

function serviceThat(read: () => Promise<UserAnswer>, find: () => UserAnswer | undefined = () => undefined) {
  return new TokenValidationService({ read, find } as unknown as RememberedTokens, {} as ServiceCallers);
}

describe('TokenValidationService', () => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal']));

  it('answers whose token it is', async () => {
    expect(await serviceThat(() => Promise.resolve(USER)).validate('x')).toEqual({ user: USER });
    const known = serviceThat(
      () => Promise.reject(new Error('nothing is read')),
      () => USER,
    );
    expect(await known.validate('x')).toEqual({ user: USER });
    expect(known.recall('x')).toBe(USER);
  });

  it.each([
    ['refuses it', new AppError('invalid-token', { reason: 'session' })],
    ['knows the signature for a bad one', new JsonWebTokenError('invalid signature')],
  ])('R14 answers one sentence when the authenticator %s', async (_what, error) => {
    const answer = { refusal: new AppError('invalid-token').message };
    expect(await serviceThat(() => Promise.reject(error)).validate('x')).toEqual(answer);
  });

  it.each([new AppError('service-unavailable'), new TypeError('a fault of ours')])(
    'R47 decides nothing about a token when it cannot know: %s',
    async (error) => {
      await expect(serviceThat(() => Promise.reject(error)).validate('x')).rejects.toBe(error);
    },
  );
});
