/**
 * The end of life of each Node.js major version, from its release schedule (https://github.com/nodejs/Release). A version that
 * is missing is newer than this table.
 */
const END_OF_SUPPORT: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** The start-up warning when this version of Node.js no longer gets security fixes; otherwise undefined. */
export function unsupportedNode(version: string, now: Date): string | undefined {
  const [line = ''] = version.replace(/^v/, '').split('.');
  const end = END_OF_SUPPORT[line];
  if (end === undefined || now.toISOString().slice(0, 10) <= end) return undefined;
  return `Node.js ${line} has had no security fixes since ${end}: run the service on Node.js 24`;
}
