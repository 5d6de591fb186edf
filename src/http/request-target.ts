/** A target that Express parses without falling back to `url.parse`, for which Node.js 24 prints a warning. */
const PLAIN = /^\/[^\t\n\f\r #\u00a0\ufeff]*$/;
/** RFC 9112 section 3.2.2: the absolute form, which a server must accept; its scheme and authority. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Converts a request target to origin form (RFC 9112 section 3.2.1): path and query, without a fragment. */
export function originForm(target: string): string {
  if (PLAIN.test(target)) return target;
  const [address = ''] = target.replace(ABSOLUTE, '').split('#', 1);
  const path = address.startsWith('/') ? address : `/${address}`;
  return path.replaceAll(/[\t\n\f\r \u00a0\ufeff]/g, encodeURIComponent);
}
