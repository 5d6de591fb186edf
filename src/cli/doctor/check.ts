/** What a check has found. */
export interface Check {
  /** Stable, for scripts. */
  readonly id: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found; never a secret. */
  readonly detail: string;
  /** What to do; empty when nothing is. */
  readonly advice: string;
}

/** Nothing is to do. */
export function ok(id: string, detail: string): Check {
  return { id, status: 'ok', detail, advice: '' };
}

/** Works, and should be changed. */
export function warn(id: string, detail: string, advice: string): Check {
  return { id, status: 'warn', detail, advice };
}

/** Does not work, or will not. */
export function fail(id: string, detail: string, advice: string): Check {
  return { id, status: 'fail', detail, advice };
}
