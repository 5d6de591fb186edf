import type { Scope } from '../../../src/security/permissions';
import type { ApiUser } from './administration';
import { send, type Answer } from './http';

type Target = { readonly url: string };

/** A service account with a key. */
export interface ServiceClient {
  readonly id: string;
  readonly name: string;
  readonly keyId: string;
  readonly key: string;
}

let made = 0;

/** Makes a service account with these scopes, and a key of it. */
export async function aService(
  admin: ApiUser,
  scopes: readonly Scope[],
  key: Record<string, unknown> = {},
): Promise<ServiceClient> {
  const name = `Service ${++made} ${Date.now()}`;
  const { id } = await admin.must<{ id: string }>(201, 'POST', '/service-accounts', { name, scopes });
  return { id, name, ...(await aKey(admin, id, key)) };
}

/** Makes a key of a service account. */
export async function aKey(
  admin: ApiUser,
  id: string,
  key: Record<string, unknown> = {},
): Promise<Pick<ServiceClient, 'key' | 'keyId'>> {
  const path = `/service-accounts/${id}/keys`;
  const body = await admin.must<{ id: string; secret: string }>(201, 'POST', path, key);
  return { keyId: body.id, key: body.secret };
}

/** The header of HTTP Basic, with both parts as they are. */
export function basic(id: string, secret: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}

/** Posts a form. */
export function postForm<Body = Record<string, unknown>>(
  service: Target,
  path: string,
  form: Readonly<Record<string, string>> | string,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  return send<Body>(service, 'POST', path, {
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  });
}
