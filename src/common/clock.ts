/** The current time; tests replace it. */
export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract now(): number;
}

/** The system clock. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }
}
