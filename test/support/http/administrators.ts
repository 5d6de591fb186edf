import type { TestDatabase } from '../database/test-database';
import { register, type Account } from './accounts';
import { bearer, send, type Answer, type SendOptions } from './http';

type Target = { readonly url: string };

/** What administrators see of a user. */
export interface ManagedUser {
  readonly id: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
  readonly role: string;
  readonly is_active: boolean;
  readonly has_password: boolean;
  readonly activation?: { readonly code: string | null; readonly expires_at: string };
}

/** Registers a user and makes them an administrator. */
export async function administrator(service: Target, database: TestDatabase): Promise<Account> {
  const account = await register(service);
  await database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [account.id]);
  return account;
}

/** Sends a request as the user of a token. */
export function as<Body = Record<string, unknown>>(
  { token }: { readonly token: string },
  service: Target,
  [method, path]: readonly [string, string],
  options: SendOptions = {},
): Promise<Answer<Body>> {
  return send<Body>(service, method, path, { ...options, headers: { ...bearer(token), ...options.headers } });
}
