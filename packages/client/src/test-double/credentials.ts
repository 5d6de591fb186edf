import { randomBytes, randomUUID } from 'node:crypto';
import type { ServiceVerification } from '../types';
import { Refusal } from './problems';

/** The one service account of a double. */
export class ServiceAccount {
  readonly id = randomUUID();
  readonly key = `psk_${randomBytes(24).toString('base64url')}`;

  /** As validate answers it. */
  get service(): ServiceVerification['service'] {
    return { id: this.id, name: 'test-double', scopes: ['tokens:validate'] };
  }
}

/** The credentials of a request. */
export class Credentials {
  constructor(
    private readonly account: ServiceAccount,
    private readonly authorization: string | undefined,
  ) {}

  /** The bearer token. Throws where it is not one. */
  get bearer(): string | undefined {
    const [scheme = '', ...rest] = (this.authorization ?? '').trim().split(/ +/);
    if (scheme.toLowerCase() !== 'bearer' || rest.length === 0) return undefined;
    if (rest.length > 1) throw new Refusal('malformed-authorization');
    return rest[0];
  }

  /** The service account of a token. */
  serviceOf(token: string): ServiceVerification['service'] | undefined {
    return token === this.account.key ? this.account.service : undefined;
  }

  /** Throws unless they are those of the service account: bearer key, or Basic. */
  requireService(): void {
    const { id, key } = this.account;
    const basic = `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`;
    if (this.authorization === undefined) throw new Refusal('authentication-required');
    if (this.authorization !== basic && this.bearer !== key) throw new Refusal('invalid-token');
  }
}
