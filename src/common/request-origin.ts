import type { Request } from 'express';
import { CONTROL_CHARACTERS } from './validation/text-rules';

/** User agent and IP address (through trusted proxies) of a request, truncated for the list of sessions. */
export interface RequestOrigin {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

const MAX_USER_AGENT_LENGTH = 200;
/** Headers are Latin-1; Node accepts its upper control characters. */
const ANY_CONTROL = new RegExp(CONTROL_CHARACTERS, 'g');

/** The origin of a request. */
export function originOf(request: Request): RequestOrigin {
  const userAgent =
    request.headers['user-agent']?.replace(ANY_CONTROL, '').slice(0, MAX_USER_AGENT_LENGTH) ?? null;
  return { userAgent, ipAddress: request.callerAddress };
}
