/** What Express' own parser of addresses reads without falling back to the `url.parse` that Node.js 24 warns of. */
const PLAIN = /^\/[^\t\n\f\r #\u00a0\ufeff]*$/;
/** RFC 9112 section 3.2.2: the absolute form, which a server must accept; its scheme and authority. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** A request target in origin form (RFC 9112 section 3.2.1): path and query, without a fragment, which is not for servers. */
export function originForm(target: string): string {
  if (PLAIN.test(target)) return target;
  const [address = ''] = target.replace(ABSOLUTE, '').split('#', 1);
  const path = address.startsWith('/') ? address : `/${address}`;
  return path.replaceAll(/[\t\n\f\r \u00a0\ufeff]/g, encodeURIComponent);
}
