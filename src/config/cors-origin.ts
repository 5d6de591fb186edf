import { z } from 'zod';

/** Patterns for any extension of a browser: Firefox and Safari give each installation a different id. */
const EXTENSION_ORIGINS: readonly string[] = [
  'chrome-extension://*',
  'moz-extension://*',
  'safari-web-extension://*',
];

/** `scheme://host[:port]` as browsers send it, or one of the extension patterns. */
export const corsOrigin = z
  .string()
  .refine((value) => EXTENSION_ORIGINS.includes(value) || !value.includes('*'), {
    error: `must not hold a wildcard; only ${EXTENSION_ORIGINS.join(', ')} are allowed`,
    abort: true,
  })
  .refine((value) => EXTENSION_ORIGINS.includes(value) || isOrigin(value), {
    error:
      'must be origins as browsers write them, such as https://app.example.com: lower case, no path, no default port',
  });

/** An origin that browsers send in another form would never match. */
function isOrigin(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/.test(value) || !URL.canParse(value)) return false;
  const { origin } = new URL(value);
  return origin === value || origin === 'null'; // the URL standard defines no origin for other schemes
}
