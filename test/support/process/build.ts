import { join } from 'node:path';

/** A file of the build under test. It is the same for the whole run, whoever builds anew meanwhile. */
export function built(path: string): string {
  const { TEST_BUILD } = process.env;
  if (TEST_BUILD === undefined)
    throw new Error('TEST_BUILD is not set: test/support/global-setup.ts sets it');
  return join(TEST_BUILD, path);
}
