import { randomBytes } from 'node:crypto';
import { send } from './http';
import { payloadOf } from '../tokens/tokens';

/** A registered person. */
export interface Account {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly id: string;
  readonly token: string;
  /** The session of the token. */
  readonly sid: string;
  readonly refreshToken: string;
}

/** An address that nobody else has. */
export function uniqueEmail(): string {
  return `person-${randomBytes(6).toString('hex')}@example.com`;
}

/** Registers a person; what is not given is made up. */
export async function register(
  service: { readonly url: string },
  given: Partial<Pick<Account, 'email' | 'password' | 'name'>> = {},
): Promise<Account> {
  const account = { email: uniqueEmail(), password: 'correct horse battery', name: 'Ada Lovelace', ...given };
  const { status, body, text } = await send<{
    access_token: string;
    refresh_token: string;
    user: { id: string };
  }>(service, 'POST', '/auth/register', { body: account });
  if (status !== 201) throw new Error(`registration was answered ${status}: ${text}`);
  const token = body.access_token;
  const sid = payloadOf(token).sid as string;
  return { ...account, id: body.user.id, token, sid, refreshToken: body.refresh_token };
}
