import type { IncomingMessage } from 'node:http';

/** The headers of a plain request that a lane reads. */
export interface PlainRequest {
  readonly requestId: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly contentLength: number;
  /** `X-Auth-Service-Key`. */
  readonly gatewayCredential: string | undefined;
}

/** Headers that a lane reads; each may come once. */
const READ = new Map([
  ['host', 0],
  ['x-request-id', 1],
  ['x-forwarded-for', 2],
  ['authorization', 3],
  ['content-type', 4],
  ['content-length', 5],
  ['x-auth-service-key', 6],
]);
/** Headers that change how a request is read, framed or answered: the pipeline knows what to do. */
const ODD = -1;
for (const name of ['content-encoding', 'expect', 'origin', 'te', 'trailer', 'transfer-encoding', 'upgrade'])
  READ.set(name, ODD);
for (const name of ['x-user-email', 'x-user-name']) READ.set(name, ODD);

/**
 * Reads a request in the form that most clients send: HTTP/1.1, one Host, no header twice that counts, nothing that a page of another
 * origin, a development header or another framing brings along. Undefined for any other.
 */
export function readPlainRequest({ httpVersion, rawHeaders }: IncomingMessage): PlainRequest | undefined {
  if (httpVersion !== '1.1') return undefined;
  const values = new Array<string | undefined>(7).fill(undefined);
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const place = READ.get(rawHeaders[at]!.toLowerCase());
    if (place === undefined) continue;
    if (place === ODD || values[place] !== undefined) return undefined;
    values[place] = rawHeaders[at + 1]!;
  }
  const [host, requestId, forwardedFor, authorization, contentType, contentLength = '0', gatewayCredential] =
    values;
  if (host === undefined) return undefined;
  return {
    ...{ requestId, forwardedFor, authorization, contentType, gatewayCredential },
    contentLength: Number(contentLength),
  };
}
