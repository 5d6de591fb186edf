/** Tells the time; tests set it. */
export abstract class Clock {
  /** Milliseconds since 1970. */
  abstract now(): number;
}

/** The time of the machine. */
export class SystemClock extends Clock {
  now(): number {
    return Date.now();
  }
}
