/** Calls a hook. What it throws is theirs to notice, and changes no decision. */
export function report<Event>(hook: ((event: Event) => void) | undefined, event: Event): void {
  try {
    hook?.(event);
  } catch {
    // see above
  }
}
