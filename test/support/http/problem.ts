import { ERROR_CATALOG, wireCodeOf, type ErrorCode } from '../../../src/common/errors/error-catalog';
import type { Answer } from './http';

/** Expects a whole and well-formed problem document of this code (RFC 9457), with the headers that belong to it. */
export function expectProblem(answer: Answer, code: ErrorCode): void {
  const { status, title } = ERROR_CATALOG[code];
  expect(answer.body).toMatchObject({
    type: `urn:problem-type:promptstack-auth:${wireCodeOf(code)}`,
    title,
    status,
    code: wireCodeOf(code),
    detail: expect.stringMatching(/\S/),
    request_id: expect.stringMatching(/^[\w.-]+$/),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toBe(answer.body.request_id);
  if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  if (status === 429) {
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(answer.headers.get('ratelimit')).toMatch(/^"[a-z]+";r=0;t=[1-9]\d*$/);
    expect(answer.headers.get('ratelimit-policy')).toMatch(/^"[a-z]+";q=\d+;w=\d+$/);
  }
  if (status === 503) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  if (status === 405) expect(answer.headers.get('allow')).toMatch(/[A-Z]/);
}

/** The whole problem document that an address answers; what is not given is as the catalogue says. */
export function wholeProblem(
  code: ErrorCode,
  instance: string,
  { detail, errors }: { detail?: string; errors?: { pointer: string; detail: string }[] } = {},
): unknown {
  const { status, title, detail: usual } = ERROR_CATALOG[code];
  return {
    type: `urn:problem-type:promptstack-auth:${wireCodeOf(code)}`,
    title,
    status,
    detail: detail ?? usual,
    instance,
    code: wireCodeOf(code),
    request_id: expect.stringMatching(/^[\w.-]+$/),
    ...(errors && { errors }),
  };
}

/** Expects that a service has answered nothing with a 5xx, and met no error of its own (call it when it has stopped). */
export function expectNoServerErrors(service: { logs(): Record<string, unknown>[] }): void {
  const faults = service
    .logs()
    .filter(({ level, status }) => level === 'error' || Number(status) >= 500)
    .filter(({ route }) => route !== '/health/ready'); // asked before it was
  expect(faults).toEqual([]);
}
