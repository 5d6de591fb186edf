import {
  constants,
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { TEST_SECRET } from '../process/service';

/** Base64url of a text or of bytes as they are, or of a value in JSON. */
export function encode(value: unknown): string {
  const raw = typeof value === 'string' || Buffer.isBuffer(value);
  return Buffer.from(raw ? (value as string) : JSON.stringify(value)).toString('base64url');
}

/** Signs any header and payload (objects, or texts and bytes as they are) with HMAC-SHA-256. */
export function signHs256(header: unknown, payload: unknown, secret: string | Buffer = TEST_SECRET): string {
  return signHmac('sha256', header, payload, secret);
}

/** Signs any header and payload with an HMAC of any hash, whatever the header says. */
export function signHmac(
  hash: 'sha256' | 'sha384' | 'sha512',
  header: unknown,
  payload: unknown,
  secret: string | Buffer = TEST_SECRET,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

/** Signs any header and payload with a private key, whatever the header says. */
export function signWithKey(
  algorithm: 'RS256' | 'PS256' | 'ES256',
  header: unknown,
  payload: unknown,
  key: KeyObject | string,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = sign('sha256', Buffer.from(input), {
    key: typeof key === 'string' ? createPrivateKey(key) : key,
    ...(algorithm === 'ES256' && { dsaEncoding: 'ieee-p1363' }),
    ...(algorithm === 'PS256' && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  });
  return `${input}.${signature.toString('base64url')}`;
}

/** A key pair of the kind that an algorithm needs, in PEM and as objects. */
export function makeKeyPair(algorithm: 'RS256' | 'ES256', rsaBits = 2048) {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: rsaBits })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    publicKey,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
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

/** A good access token, but for the changes given (undefined leaves a member out). */
export function forge(
  account: TokenSubject,
  { header = {}, claims = {} }: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {},
): string {
  return signHs256({ ...GOOD_HEADER, ...header }, { ...goodClaims(account), ...claims });
}

/** The parts of a token, decoded and not verified. */
export function decode(token: string): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const [header = {}, claims = {}] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return { header, claims };
}
