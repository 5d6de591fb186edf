import { Logger } from '@nestjs/common';
import { JsonWebTokenError } from '@nestjs/jwt';
import { AppError } from '../common/errors/app-error';
import type { TokenAuthenticator } from './token-authenticator';
import { TokenValidationService } from './token-validation.service';

const PRINCIPAL = { identity: { id: 'u' } };

function serviceThat(authenticate: () => Promise<unknown>, read: () => unknown = () => 'a credential') {
  return new TokenValidationService({ read, authenticate } as unknown as TokenAuthenticator);
}

const throwing = (error: Error) => () => {
  throw error;
};

describe('TokenValidationService', () => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal']));

  it('answers whose token it is', async () => {
    expect(await serviceThat(() => Promise.resolve(PRINCIPAL)).validate('x')).toBe(PRINCIPAL);
  });

  it.each([
    ['refuses it', new AppError('invalid-token', { reason: 'session' })],
    ['knows the signature for a bad one', new JsonWebTokenError('invalid signature')],
  ])('R14 answers one sentence when the authenticator %s', async (_what, error) => {
    const answer = { refusal: new AppError('invalid-token').message };
    expect(await serviceThat(() => Promise.reject(error)).validate('x')).toEqual(answer);
    expect(await serviceThat(() => Promise.resolve(PRINCIPAL), throwing(error)).validate('x')).toEqual(
      answer,
    );
  });

  it.each([new AppError('service-unavailable'), new TypeError('a fault of ours')])(
    'R47 decides nothing about a token when it cannot know: %s',
    async (error) => {
      await expect(serviceThat(() => Promise.reject(error)).validate('x')).rejects.toBe(error);
    },
  );
});
