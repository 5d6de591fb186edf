import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { CONTROL_CHARACTERS } from '../validation/text-rules';

/** Where a request comes from (through trusted proxies), kept short for the person's own list of sessions. */
export interface ClientInfo {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

const MAX_USER_AGENT_LENGTH = 200;
/** A header is Latin-1, whose upper control characters Node lets through. */
const ANY_CONTROL = new RegExp(CONTROL_CHARACTERS, 'g');

/** The client of a request. */
export function clientOf(request: Request): ClientInfo {
  const userAgent =
    request.headers['user-agent']?.replace(ANY_CONTROL, '').slice(0, MAX_USER_AGENT_LENGTH) ?? null;
  return { userAgent, ipAddress: request.callerAddress };
}

/** The client of the request. */
export const Client = createParamDecorator((_data: unknown, context: ExecutionContext): ClientInfo =>
  clientOf(context.switchToHttp().getRequest<Request>()),
);
