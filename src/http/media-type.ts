import { parse } from 'content-type';
import type { IncomingMessage } from 'node:http';
import { headerLines } from './header-lines';

/** Names of UTF-8 missing in the Encoding standard: IANA's alias, and those that programs send. */
const FURTHER_UTF_8_LABELS = new Set(['csutf8', 'utf_8', 'utf 8', 'u8']);

/**
 * Whether a request's Content-Type is this media type (in lower case) and UTF-8: the type in any letter case, `charset` absent,
 * empty, or any name of UTF-8, other parameters ignored (RFC 9110 section 8.3.1). If clients or proxies have sent several
 * values, each must match.
 */
export function isUtf8Of(mediaType: string, request: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const labels = headerLines(request, 'content-type').join(',');
  if (labels === mediaType) return true; // what most clients send
  let start = 0;
  do {
    const { type, parameters, index } = parse(labels, { start, comma: true });
    if (type !== mediaType || !isUtf8Label(parameters.charset)) return false;
    start = index + 1; // after the comma
  } while (start <= labels.length);
  return true;
}

function isUtf8Label(charset = ''): boolean {
  const label = charset.replaceAll(/^[\s']+|[\s']+$/g, '').toLowerCase();
  return (
    label === '' || label === 'utf-8' || FURTHER_UTF_8_LABELS.has(label) || encodingOf(label) === 'utf-8'
  );
}

/** The encoding that a label names (https://encoding.spec.whatwg.org/#names-and-labels). */
function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
