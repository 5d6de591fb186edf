/** How each resource that is in use ends, the latest last. */
const ends: (() => Promise<unknown>)[] = [];

/**
 * Starts something before the first test of a file or a `describe`, and ends it behind the last one: of several, in the opposite
 * order, which Jest alone does not. What has failed to start is ended too.
 */
export function useResource(start: () => Promise<unknown>, end: () => Promise<unknown>): void {
  beforeAll(async () => {
    ends.push(end);
    await start();
  });
  afterAll(() => ends.pop()?.());
}
