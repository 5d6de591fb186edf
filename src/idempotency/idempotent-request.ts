import { createHash, createHmac } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { invalidInput } from '../common/errors/invalid-input';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** A request with an `Idempotency-Key`, as far as it is kept. */
export interface IdempotentRequest {
  /** A user or a service. */
  readonly callerId: string;
  /** Method and path, as the router knows it. */
  readonly route: string;
  readonly keyHash: Buffer;
  /** Of parameters and body. Keyed by the key, which is not stored: nobody can try passwords against it. */
  readonly requestHash: Buffer;
}

/** Parameter of a handler: its request, when it has an `Idempotency-Key`. Document it by `@ApiIdempotencyKey()`. */
export const Idempotent = createParamDecorator(
  (_data: unknown, context: ExecutionContext): IdempotentRequest | undefined =>
    idempotentRequest(context.switchToHttp().getRequest<Request>()),
);

/** Undefined without the header; refuses a malformed one with `invalid-input`. */
export function idempotentRequest(request: Request): IdempotentRequest | undefined {
  const key = request.get('idempotency-key');
  if (key === undefined) return undefined;
  if (!KEY.test(key)) {
    throw invalidInput([
      { pointer: '#/Idempotency-Key', detail: 'must be 1 to 255 printable ASCII characters without spaces' },
    ]);
  }
  const { principal } = request;
  if (!principal) throw new Error('an idempotent route is public');
  const { path } = request.route as { path: string };
  const body: unknown = request.body;
  return {
    callerId: principal.kind === 'user' ? principal.identity.id : principal.id,
    route: `${request.method} ${path}`,
    keyHash: createHash('sha256').update(key).digest(),
    requestHash: createHmac('sha256', key)
      .update(JSON.stringify([request.params, body ?? null]))
      .digest(),
  };
}
