import type { webcrypto } from 'node:crypto';
import { AttemptFailure } from './errors';
import { isObject } from './json';
import { now, since, type Moment } from './moment';
import type { Transport } from './transport';

const FRESH_MS = 600_000;
/** Keys that cannot be read anew stand in for so long. */
const STALE_MS = 86_400_000;
/** A `kid` that is not there lets the keys be read anew at most so often. */
const COOLDOWN_MS = 30_000;
const RETRY_MS = 1_000;

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly key: webcrypto.CryptoKey;
}

/** The public keys of the service, from its JWKS. */
export class KeySet {
  private keys: readonly Key[] = [];
  private readAt: Moment | undefined;
  private lookedAt: Moment | undefined;
  private failedAt: { readonly at: Moment; readonly failure: AttemptFailure } | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly limitMs: number,
  ) {}

  /** Whether the service has no public keys at all: it signs with a secret, and nothing can be decided. */
  async isEmpty(): Promise<boolean> {
    await this.load();
    return this.keys.length === 0;
  }

  /** The key of a token; undefined where the service has none of that name for that algorithm. */
  async find(kid: string, alg: string): Promise<webcrypto.CryptoKey | undefined> {
    await this.load();
    const found = this.lookUp(kid, alg);
    if (found || (this.lookedAt !== undefined && since(this.lookedAt) < COOLDOWN_MS)) return found;
    this.lookedAt = now();
    await this.read();
    return this.lookUp(kid, alg);
  }

  /** Sees to it that there are keys. Throws an AttemptFailure where there are none. */
  async load(): Promise<void> {
    const age = this.readAt === undefined ? Infinity : since(this.readAt);
    if (age < FRESH_MS) return;
    if (age < STALE_MS && this.failedAt && since(this.failedAt.at) < RETRY_MS) return;
    try {
      await this.read();
    } catch (error) {
      if (age >= STALE_MS) throw error;
    }
  }

  private lookUp(kid: string, alg: string): webcrypto.CryptoKey | undefined {
    return this.keys.find((key) => key.kid === kid && key.alg === alg)?.key;
  }

  private read(): Promise<void> {
    this.reading ??= this.readOnce().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readOnce(): Promise<void> {
    let last: unknown;
    for (let times = 0; times < this.transport.bases.length; times++) {
      const base = this.transport.pick();
      try {
        const outgoing = { method: 'GET', path: '/.well-known/jwks.json' } as const;
        const body = await this.transport.ask(base, outgoing, this.limitMs);
        const keys = await importKeys(body);
        base.succeeded();
        this.keys = keys;
        this.readAt = now();
        this.failedAt = undefined;
        return;
      } catch (error) {
        last = error;
      }
    }
    const failure =
      last instanceof AttemptFailure ? last : new AttemptFailure('service', 'the keys cannot be read');
    this.failedAt = { at: now(), failure };
    throw failure;
  }
}

async function importKeys(body: unknown): Promise<readonly Key[]> {
  if (!isObject(body) || !Array.isArray(body.keys)) throw new AttemptFailure('service', 'no key set');
  const keys = await Promise.all(body.keys.map(importKey));
  return keys.filter((key) => key !== undefined);
}

const KINDS = [
  { kty: 'EC', crv: 'P-256', alg: 'ES256', import: { name: 'ECDSA', namedCurve: 'P-256' } },
  { kty: 'RSA', crv: undefined, alg: 'RS256', import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
];

/** A key of a kind that the service signs with; others are passed over. */
async function importKey(jwk: unknown): Promise<Key | undefined> {
  if (!isObject(jwk) || typeof jwk.kid !== 'string' || (jwk.use ?? 'sig') !== 'sig') return undefined;
  const { kid, kty, crv, n, e, x, y } = jwk;
  const kind = KINDS.find((one) => one.kty === kty && one.crv === crv);
  if (!kind || (jwk.alg ?? kind.alg) !== kind.alg) return undefined;
  try {
    const publicKey = (kty === 'EC' ? { kty, crv, x, y } : { kty, n, e }) as webcrypto.JsonWebKey;
    const key = await crypto.subtle.importKey('jwk', publicKey, kind.import, false, ['verify']);
    return { kid, alg: kind.alg, key };
  } catch {
    return undefined; // not a key
  }
}
