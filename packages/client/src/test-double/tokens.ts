import { createHash, generateKeyPairSync, randomUUID, sign, verify, type KeyObject } from 'node:crypto';
import { decodePart } from '../json';

/** As the service's default settings have them. */
export const ISSUER = 'promptstack-auth';
export const LIFETIME_SECONDS = 1_800;

/** What the double reads of a token of its own. */
export interface Claims {
  readonly sub: string;
  readonly uid: string;
  readonly sid: string;
  readonly iat: number;
}

/** Signs and verifies access tokens with a key of its own. */
export class Tokens {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly kid: string;

  constructor() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.privateKey = pair.privateKey;
    this.publicKey = pair.publicKey;
    const der = pair.publicKey.export({ type: 'spki', format: 'der' });
    this.kid = createHash('sha256').update(der).digest('base64url');
  }

  /** The key set of `/.well-known/jwks.json`. */
  get jwks(): unknown {
    return {
      keys: [{ ...this.publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: this.kid }],
    };
  }

  /** Signs a token with the claim names of the service. */
  issue(user: { id: string; email: string; email_verified: boolean }, sid: string, authTime: number): string {
    const now = Math.floor(Date.now() / 1000);
    const header = { alg: 'ES256', typ: 'at+jwt', kid: this.kid };
    const claims = {
      iss: ISSUER,
      sub: user.email,
      uid: user.id,
      sid,
      jti: randomUUID(),
      iat: now,
      exp: now + LIFETIME_SECONDS,
      email_verified: user.email_verified,
      auth_time: authTime,
      amr: ['pwd'],
      token_use: 'access',
      client_id: 'promptstack',
    };
    const signed = [header, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signed), {
      key: this.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** The claims of a token of ours that has not expired; with `anyAge` of an expired one too. */
  read(token: string, { anyAge = false } = {}): Claims | undefined {
    const [head, payload] = this.verified(token) ?? [];
    if (head?.kid !== this.kid || !payload) return undefined;
    const claims = payload as unknown as Claims & { readonly exp: number };
    return anyAge || Date.now() / 1000 < claims.exp ? claims : undefined;
  }

  /** Header and payload of a token with our signature. */
  private verified(token: string) {
    const [head = '', payload = '', signature = '', ...more] = token.split('.');
    if (more.length > 0 || !this.isSigned(`${head}.${payload}`, signature)) return undefined;
    return [decodePart(head), decodePart(payload)] as const;
  }

  private isSigned(text: string, signature: string): boolean {
    const bytes = Buffer.from(signature, 'base64url');
    if (bytes.toString('base64url') !== signature) return false; // another spelling of the same bytes
    const key = { key: this.publicKey, dsaEncoding: 'ieee-p1363' } as const;
    return verify('sha256', Buffer.from(text), key, bytes);
  }
}
