import { INVALID_TOKEN, refusal } from './answers';
import type { UserContext } from './api-types';
import { endOfAll } from './cutoff';
import { AttemptFailure } from './errors';
import { decodePart } from './json';
import { KeySet } from './key-set';
import { Deadline } from './deadline';
import type { OfflineOptions } from './types';
import type { Settings } from './options';
import { report } from './report';
import { isAskable } from './service-client';
import { Transport } from './transport';
import type { AuthClient, ServiceVerification, TokenKind, Verification, VerifyOptions } from './types';

const LEEWAY_SECONDS = 30;
const ALGORITHMS: Readonly<Record<string, { readonly name: string; readonly hash?: string }>> = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
};
const NO_KEYS =
  'the auth service has no public keys; mode offline needs AUTH_JWT_ALGORITHM ES256 or RS256 there';
const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt', 'JWT'];

/** Mode `offline`: by the public keys of the service. It learns of no sign-out, no deactivation and no change before `exp`. */
export class OfflineClient implements AuthClient {
  readonly mode = 'offline';
  private readonly transport: Transport;
  private readonly keys: KeySet;
  private readonly expected: OfflineOptions;
  private readonly closing = endOfAll();

  constructor(private readonly settings: Settings) {
    this.transport = new Transport(settings);
    this.keys = new KeySet(this.transport, settings.timeoutMs);
    this.expected = settings.offline as OfflineOptions; // checked with the options
  }

  async verify(token: string, options?: VerifyOptions): Promise<Verification>;
  async verify(
    token: string,
    options: VerifyOptions & { readonly accept: readonly TokenKind[] },
  ): Promise<Verification | ServiceVerification>;
  async verify(token: string, options: VerifyOptions = {}): Promise<Verification> {
    const begin = performance.now();
    const tell = (outcome: 'yes' | 'no' | 'undecided') =>
      report(this.settings.hooks.verify, { outcome, source: 'keys', ms: performance.now() - begin });
    try {
      const deadline = new Deadline(options, this.settings.timeoutMs, this.closing.signal);
      const claims = isAskable(token) ? await this.verifySignature(token, deadline) : undefined;
      const user = claims && readUser(claims, this.expected);
      tell(user ? 'yes' : 'no');
      return user ? { valid: true, user, error: null } : refusal(INVALID_TOKEN);
    } catch (error) {
      tell('undecided');
      throw error instanceof AttemptFailure ? error.toUnavailable() : error;
    }
  }

  async ready(): Promise<void> {
    const deadline = new Deadline({}, this.settings.timeoutMs, this.closing.signal);
    try {
      await this.requireKeys(deadline);
    } catch (error) {
      throw error instanceof AttemptFailure ? error.toUnavailable() : error;
    }
  }

  close(): Promise<void> {
    this.closing.abort();
    this.transport.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The claims of a token with a good signature. */
  private async verifySignature(
    token: string,
    deadline: Deadline,
  ): Promise<Record<string, unknown> | undefined> {
    const parts = readParts(token);
    if (!parts) return undefined;
    await this.requireKeys(deadline);
    const { algorithm, kid, alg, signed, signature, payload } = parts;
    if (!algorithm) return undefined;
    const key = await inTime(this.keys.find(kid, alg), deadline);
    const isGood = key && (await crypto.subtle.verify(algorithm, key, signature, signed));
    return isGood ? decodePart(payload) : undefined;
  }

  private async requireKeys(deadline: Deadline): Promise<void> {
    if (await inTime(this.keys.isEmpty(), deadline))
      throw new AttemptFailure('incompatible', NO_KEYS, 0, false);
  }
}

/** The parts of a compact token with a header of ours, `algorithm` where a public key may verify it; undefined for another one. */
function readParts(token: string) {
  const [head = '', payload = '', text = '', ...more] = token.split('.');
  const header = readHeader(head);
  if (!header || more.length > 0 || !/^[\w-]+$/.test(text)) return undefined;
  const signature = Buffer.from(text, 'base64url');
  const signed = new TextEncoder().encode(`${head}.${payload}`);
  return { ...header, signed, signature, payload };
}

function readHeader(head: string) {
  const { alg, kid, typ, crit } = decodePart(head) ?? {};
  if (!TYPES.includes(typ) || crit !== undefined || typeof alg !== 'string') return undefined;
  if (kid !== undefined && typeof kid !== 'string') return undefined;
  const algorithm = kid !== undefined && Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
  return { algorithm, kid: kid ?? '', alg };
}

async function inTime<T>(answer: Promise<T>, deadline: Deadline): Promise<T> {
  const outcome = await deadline.first([answer.then((value) => ({ value }))], deadline.leftMs);
  if (outcome === undefined) throw new AttemptFailure('timeout', 'the keys could not be read in time');
  return outcome.value;
}

/** The user of an access token of ours; undefined for another token, or when it is not its time. */
function readUser(claims: Record<string, unknown>, expected: OfflineOptions): UserContext | undefined {
  const { iss, sub, uid, token_use: use, email_verified: isVerified } = claims;
  if (iss !== expected.issuer || !isIntended(claims.aud, expected.audience) || !isItsTime(claims))
    return undefined;
  if (typeof sub !== 'string' || typeof uid !== 'string' || (use !== undefined && use !== 'access'))
    return undefined;
  // The interface says that there is no more of the user in this mode.
  return { id: uid, email: sub, email_verified: isVerified === true } as UserContext;
}

function isIntended(aud: unknown, audience: string | undefined): boolean {
  return audience === undefined || (Array.isArray(aud) ? aud.includes(audience) : aud === audience);
}

/** RFC 7519 sections 4.1.4 to 4.1.6, with the leeway of the service. */
function isItsTime({ exp, nbf, iat }: Record<string, unknown>): boolean {
  const seconds = Date.now() / 1000;
  if (!isNumericDate(exp) || !isNumericDate(iat) || (nbf !== undefined && !isNumericDate(nbf))) return false;
  const from = Math.max(iat, nbf ?? iat);
  return seconds < exp + LEEWAY_SECONDS && seconds >= from - LEEWAY_SECONDS;
}

function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
