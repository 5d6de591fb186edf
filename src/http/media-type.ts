import { parse } from 'content-type';
import type { IncomingMessage } from 'node:http';
import { headerLines } from './header-lines';

/** Names of UTF-8 that the Encoding standard does not know: IANA's alias, and what programs write. */
const FURTHER_UTF_8_LABELS = new Set(['csutf8', 'utf_8', 'utf 8', 'u8']);

/**
 * Whether the body of a request is labelled as of this media type (in lower case) and UTF-8: the type in any letter case,
 * `charset` absent, empty, or any name of UTF-8, whatever other parameters there are (RFC 9110 section 8.3.1). Where clients or
 * proxies have written more than one label, each has to fit.
 */
export function isUtf8Of(mediaType: string, request: Pick<IncomingMessage, 'rawHeaders'>): boolean {
  const labels = headerLines(request, 'content-type').join(',');
  if (labels === mediaType) return true; // what most clients write
  let start = 0;
  do {
    const { type, parameters, index } = parse(labels, { start, comma: true });
    if (type !== mediaType || !isUtf8Label(parameters.charset)) return false;
    start = index + 1; // behind the comma
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
