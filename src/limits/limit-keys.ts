import { createHash } from 'node:crypto';
import { currentRequest } from '../common/request-scope';
import { sourceNetwork } from '../common/source-network';

/** The key of a row: a hash of fixed length, so that no table holds what people typed as their address. */
export function limitKey(kind: string, name: string): Buffer {
  return createHash('sha256').update(`${kind}\u0000${name}`).digest();
}

/** The network that the current request comes from, through trusted proxies. */
export function currentSource(): string {
  return sourceNetwork(currentRequest()?.origin.ipAddress ?? null);
}
