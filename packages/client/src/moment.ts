/**
 * A moment by both clocks: the wall clock may be set back, the other stands still while the machine sleeps. What has passed is
 * the longer of the two.
 */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** This moment. */
export function now(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

/** Milliseconds since a moment. */
export function since({ steady, wall }: Moment): number {
  return Math.max(performance.now() - steady, Date.now() - wall);
}
