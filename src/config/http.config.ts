import type { TrustedProxies } from '../common/trusted-proxies';
import { immutable } from './immutable';

/** How the service meets its callers. */
export class HttpConfig {
  readonly production: boolean;
  readonly port: number;
  /** Base address under which people and services reach this one. */
  readonly publicUrl: string;
  readonly corsOrigins: readonly string[];
  readonly docsEnabled: boolean;
  readonly logLevel: string;
  /** Whose word counts about where a request comes from. */
  readonly trustedProxies: TrustedProxies;
  /** Longest time for the whole answer. */
  readonly requestTimeoutSeconds: number;
  /** Connections that are open at most. */
  readonly maxConnections: number;
  /** Seconds that a connection may be idle. */
  readonly keepAliveSeconds: number;
  /** Seconds that the service goes on accepting requests, not ready, after SIGTERM. */
  readonly drainSeconds: number;
  /** Seconds that requests under way have to finish after draining. */
  readonly shutdownGraceSeconds: number;

  constructor(values: HttpConfig) {
    Object.assign(this, immutable({ ...values }));
    Object.freeze(this);
  }
}
