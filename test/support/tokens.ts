import { createHmac, randomUUID } from 'node:crypto';
import { TEST_SECRET } from './service';

/** Base64url of a text, or of a value in JSON. */
export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** Signs any header and payload (objects, or texts as they are) with HMAC-SHA-256. */
export function signHs256(header: unknown, payload: unknown, secret: string | Buffer = TEST_SECRET): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The header of a good access token of a service with the default settings. */
export const GOOD_HEADER = { alg: 'HS256', typ: 'at+jwt' };

/** A person and their session, as far as a token tells. */
export interface TokenSubject {
  readonly id: string;
  readonly email: string;
  readonly sid: string;
}

/** The payload of a token, unverified. */
export function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** The claims of a good access token of a service with the default settings. */
export function goodClaims(account: TokenSubject) {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'promptstack-auth',
    sub: account.email,
    uid: account.id,
    sid: account.sid,
    jti: randomUUID(),
    iat: now,
    exp: now + 600,
  };
}

/** A good access token, but for the changes given. */
export function forge(
  account: TokenSubject,
  { header = {}, claims = {} }: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {},
): string {
  return signHs256({ ...GOOD_HEADER, ...header }, { ...goodClaims(account), ...claims });
}
