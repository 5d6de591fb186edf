import type { Account } from '../http/accounts';
import { bearer, send, type Answer } from '../http/http';
import type { TestDatabase } from '../database/test-database';
import { payloadOf } from './tokens';

type Target = { readonly url: string };

/** The body of an answer that carries tokens. */
export interface AuthBody {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly user: { readonly id: string; readonly email: string; readonly email_verified: boolean };
}

/** The tokens of a session, as a client holds them. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The session that the access token names. */
  readonly sid: string;
}

/** How a refresh token looks. */
export const REFRESH_TOKEN = /^psr_[A-Za-z0-9_-]{43}$/;

/** A refresh token that was never issued. */
export const FOREIGN_REFRESH_TOKEN = `psr_${'A'.repeat(43)}`;

/** Answers whatever `POST /auth/login` does. */
export function login(
  service: Target,
  { email, password }: Pick<Account, 'email' | 'password'>,
  headers: Record<string, string> = {},
): Promise<Answer<AuthBody>> {
  return send<AuthBody>(service, 'POST', '/auth/login', { body: { email, password }, headers });
}

/** Opens another session of a person. */
export async function signIn(
  service: Target,
  account: Pick<Account, 'email' | 'password'>,
  headers: Record<string, string> = {},
): Promise<TokenPair> {
  return tokensOf(await login(service, account, headers));
}

/** Answers whatever `POST /auth/refresh` does. */
export function refresh(
  service: Target,
  refreshToken: string,
  headers: Record<string, string> = {},
): Promise<Answer<AuthBody>> {
  return send<AuthBody>(service, 'POST', '/auth/refresh', { body: { refresh_token: refreshToken }, headers });
}

/** Exchanges a refresh token that must be good. */
export async function refreshed(
  service: Target,
  refreshToken: string,
  headers: Record<string, string> = {},
): Promise<TokenPair> {
  return tokensOf(await refresh(service, refreshToken, headers));
}

/** Signs out with an access token. */
export function logout(service: Target, accessToken: string): Promise<Answer> {
  return send(service, 'POST', '/auth/logout', { headers: bearer(accessToken) });
}

/** Signs out with a refresh token alone. */
export function logoutBy(service: Target, refreshToken: string): Promise<Answer> {
  return send(service, 'POST', '/auth/logout', { body: { refresh_token: refreshToken } });
}

/** Changes the password of the person whose access token it is. */
export function changePassword(
  service: Target,
  accessToken: string,
  current: string,
  replacement: string,
): Promise<Answer> {
  const body = { current_password: current, new_password: replacement };
  return send(service, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
}

/** The tokens with which a session goes on after a change of password that must succeed. */
export async function changedPassword(
  service: Target,
  accessToken: string,
  current: string,
  replacement: string,
): Promise<TokenPair> {
  const answer = await changePassword(service, accessToken, current, replacement);
  return tokensOf(answer as unknown as Answer<AuthBody>);
}

/** What `POST /auth/validate` says of an access token; fails when it cannot decide. */
export async function isValid(service: Target, accessToken: string): Promise<boolean> {
  const { status, body, text } = await send<{ valid: boolean }>(service, 'POST', '/auth/validate', {
    body: { token: accessToken },
  });
  if (status !== 200) throw new Error(`validation was answered ${status}: ${text}`);
  return body.valid;
}

/** The tokens of an answer that must carry some. */
export function tokensOf({ status, body, text }: Answer<AuthBody>): TokenPair {
  if (status !== 200) throw new Error(`tokens were refused with ${status}: ${text}`);
  return {
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    sid: payloadOf(body.access_token).sid as string,
  };
}

/** Lets the grace of a session's last refresh pass: the default is 10 s. */
export async function passGrace(database: TestDatabase, sid: string): Promise<void> {
  await database.query(`UPDATE sessions SET rotated_at = rotated_at - interval '11 seconds' WHERE id = $1`, [
    sid,
  ]);
}

/** Why a session was ended; null while it goes on. */
export async function endReasonOf(database: TestDatabase, sid: string): Promise<string | null> {
  const [row] = await database.query<{ end_reason: string | null }>(
    'SELECT end_reason FROM sessions WHERE id = $1',
    [sid],
  );
  if (!row) throw new Error('there is no such session');
  return row.end_reason;
}

/** Does work with each number from 0 on, so many at a time. */
export async function inLanes(
  total: number,
  lanes: number,
  work: (round: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < total) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
