import { Injectable } from '@nestjs/common';
import { createHmac, timingSafeEqual, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SigningAlgorithm, VerificationKey } from '../config/signing-keys';
import { TokenConfig } from '../config/token.config';
import type { JsonObject } from '../common/json-object';

/** A public key of ours as a JSON Web Key (RFC 7517 section 4). */
export type PublishedKey = JsonWebKey & {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: SigningAlgorithm;
};

/** The keys of our own tokens: the signing key, and the additional keys that are accepted. */
@Injectable()
export class KeyRing {
  /** The algorithms of all keys; each key has one. */
  readonly algorithms: SigningAlgorithm[];
  /** The public keys, for other verifiers. */
  readonly published: readonly PublishedKey[];
  private readonly byKid = new Map<unknown, VerificationKey>();
  private readonly secrets: readonly KeyObject[];

  constructor({ verificationKeys: keys }: TokenConfig) {
    this.algorithms = [...new Set(keys.map(({ algorithm }) => algorithm))];
    this.secrets = keys.filter(({ kid }) => kid === undefined).map(({ key }) => key);
    for (const key of keys) if (key.kid !== undefined) this.byKid.set(key.kid, key);
    this.published = keys.flatMap(publish);
  }

  /**
   * The key for a token with this header, or undefined. The header only selects a key; its `alg` must be the key's own
   * algorithm. An HS256 token has no `kid`; of several secrets, the one that made the signature is used.
   */
  find(header: JsonObject, token: string): KeyObject | undefined {
    if (header.alg === 'HS256') return 'kid' in header ? undefined : this.findSecret(token);
    const key = this.byKid.get(header.kid);
    return key?.algorithm === header.alg ? key?.key : undefined;
  }

  private findSecret(token: string): KeyObject | undefined {
    if (this.secrets.length < 2) return this.secrets[0];
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    return this.secrets.find((secret) => {
      const expected = createHmac('sha256', secret).update(token.slice(0, end)).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
  }
}

function publish({ algorithm: alg, key, kid }: VerificationKey): PublishedKey[] {
  return kid === undefined ? [] : [{ ...key.export({ format: 'jwk' }), kid, use: 'sig', alg }];
}
