/** Version of this package. */
export const VERSION = '1.1.0';
/** The oldest service that this package works with: the first with batches, service keys and the event feed. */
export const OLDEST_SERVICE = '1.1.0';

/** Whether a version, its pre-releases too, is older than `OLDEST_SERVICE`; false for what is no version. */
export function isTooOld(version: string): boolean {
  const [found, needed] = [numbers(version), numbers(OLDEST_SERVICE)];
  if (found === undefined || needed === undefined) return false;
  const at = needed.findIndex((number, index) => number !== found[index]);
  return at !== -1 && (found[at] ?? 0) < (needed[at] ?? 0);
}

function numbers(version: string): number[] | undefined {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}
