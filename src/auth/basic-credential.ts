import type { Request } from 'express';

/** User and password of HTTP Basic. */
export interface BasicCredential {
  readonly id: string;
  readonly secret: string;
}

/**
 * The credential of `Authorization: Basic` (RFC 7617 section 2); undefined when there is none, or it is malformed. RFC 6749 section
 * 2.3.1 asks clients to form-encode both parts, many do not: ours consist of characters that both forms leave alone or that
 * decode to the same.
 */
export function basicCredential({ headers: { authorization } }: Request): BasicCredential | undefined {
  const [, encoded] = /^basic[ \t]+([A-Za-z0-9+/_-]+=*)[ \t]*$/i.exec(authorization ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  const [id, secret] = [formDecoded(text.slice(0, colon)), formDecoded(text.slice(colon + 1))];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
