import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** Where a request comes from (through trusted proxies), kept short for the person's own list of sessions. */
export interface ClientInfo {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

const MAX_USER_AGENT_LENGTH = 200;

/** The client of a request. */
export function clientOf(request: Request): ClientInfo {
  const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null;
  return { userAgent, ipAddress: request.callerAddress };
}

/** The client of the request. */
export const Client = createParamDecorator((_data: unknown, context: ExecutionContext): ClientInfo =>
  clientOf(context.switchToHttp().getRequest<Request>()),
);
