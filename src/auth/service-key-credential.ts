import type { Request } from 'express';
import { SERVICE_KEY_PREFIX } from '../service-accounts/service-key';
import { basicCredential } from './basic-credential';
import { bearerToken } from './bearer-credential';

/** A service key as a request carries it. */
export interface ServiceKeyCredential {
  readonly key: string;
  /** The `client_id` beside it, in HTTP Basic. */
  readonly accountId?: string;
}

/** The service key in the Authorization header; undefined when there is none. Refuses an ambiguous header. */
export function serviceKeyOf(request: Request): ServiceKeyCredential | undefined {
  const bearer = bearerToken(request);
  if (bearer !== undefined) return isKey(bearer) ? { key: bearer } : undefined;
  const basic = basicCredential(request);
  return basic && isKey(basic.secret) ? { key: basic.secret, accountId: basic.id } : undefined;
}

function isKey(text: string): boolean {
  return text.startsWith(SERVICE_KEY_PREFIX);
}
