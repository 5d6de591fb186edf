import { Logger, type ArgumentsHost } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error';
import type { RouteTable } from '../route-table';
import { ProblemDetailsFilter } from './problem-details.filter';

/** What is answered, logged and told to the observer when this is thrown. */
function answerTo(thrown: unknown, { headersSent = false, writable = true, methods = [] as string[] } = {}) {
  const logged: string[] = [];
  const observed: string[] = [];
  const answer = { status: 0, headers: {} as Record<string, string>, body: '', isDestroyed: false };
  const response = {
    headersSent,
    destroy: () => (answer.isDestroyed = true),
    status: (status: number) => ((answer.status = status), response),
    set: (name: string | Record<string, string>, value?: string) => {
      Object.assign(answer.headers, typeof name === 'string' ? { [name]: value } : name);
      return response;
    },
    end: (body: string) => (answer.body = body),
  };
  const request = { id: 'r-1', path: '/a', method: 'GET', socket: { writable } };
  const translate = (error: unknown) => (error === 'foreign' ? new AppError('overloaded') : undefined);
  const routes = { methodsOf: () => methods } as Partial<RouteTable> as RouteTable;
  const filter = new ProblemDetailsFilter([() => undefined, translate], routes, ({ code }) => {
    observed.push(code);
    return undefined;
  });
  for (const level of ['error', 'warn', 'debug'] as const) {
    jest.spyOn(Logger.prototype, level).mockImplementation((...[entry]: unknown[]) => {
      logged.push(`${level}: ${(entry as { msg: string }).msg}`);
    });
  }
  filter.catch(thrown, {
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => response }),
  } as unknown as ArgumentsHost);
  return { ...answer, logged, observed };
}

describe('ProblemDetailsFilter', () => {
  afterEach(() => jest.restoreAllMocks());

  const gone = { writable: false };
  const revoked = new AppError('invalid-token', { reason: 'session' });
  it.each([
    { what: 'our error', thrown: new AppError('forbidden'), code: 'forbidden' },
    {
      what: 'one with a reason',
      thrown: revoked,
      status: 401,
      code: 'invalid-token',
      logged: ['warn: refused'],
    },
    {
      what: 'one that a translator knows',
      thrown: 'foreign',
      status: 503,
      code: 'overloaded',
      logged: ['warn: cannot answer'],
    },
    {
      what: 'an outage, to nobody',
      thrown: new AppError('overloaded'),
      given: gone,
      status: 503,
      code: 'overloaded',
      logged: ['debug: the client has gone'],
    },
    {
      what: 'a thrown text',
      thrown: 'boom',
      status: 500,
      code: 'internal-error',
      logged: ['error: unexpected error'],
    },
    {
      what: 'a fault of ours',
      thrown: new TypeError('secret'),
      status: 500,
      code: 'internal-error',
      logged: ['error: unexpected error'],
    },
    { what: 'an unknown address', thrown: new AppError('not-found'), status: 404, code: 'not-found' },
    {
      what: 'an address of other methods',
      thrown: new AppError('not-found'),
      given: { methods: ['POST'] },
      status: 405,
      code: 'method-not-allowed',
    },
    {
      what: 'a thing that is not there',
      thrown: new AppError('not-found'),
      given: { methods: ['GET'] },
      status: 404,
      code: 'not-found',
    },
  ])('answers $what', ({ thrown, given, status = 403, code, logged = [] }) => {
    const answer = answerTo(thrown, given);
    expect(answer).toMatchObject({ status, logged, observed: [code] });
    expect(JSON.parse(answer.body)).toMatchObject({ status, code, request_id: 'r-1', instance: '/a' });
    expect(answer.headers['Content-Type']).toContain('application/problem+json');
    expect(answer.body).not.toContain('secret');
    expect('WWW-Authenticate' in answer.headers).toBe(status === 401);
    expect('Retry-After' in answer.headers).toBe(status === 503);
    expect(answer.headers.Allow).toBe(status === 405 ? 'POST' : undefined);
  });

  it('cuts an answer that has begun: half of one must not pass for a whole', () => {
    expect(answerTo(new AppError('forbidden'), { headersSent: true })).toMatchObject({
      isDestroyed: true,
      body: '',
      observed: ['forbidden'],
    });
  });
});
