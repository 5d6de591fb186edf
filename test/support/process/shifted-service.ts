import { join } from 'node:path';
import { startService, type Service } from './service';
import type { TestDatabase } from '../database/test-database';

/** A replica whose clock is wrong by so many milliseconds. */
export function startShifted(
  database: TestDatabase,
  shiftMs: number,
  env: Record<string, string> = {},
): Promise<Service> {
  return startService({
    databaseUrl: database.url,
    env: {
      NODE_OPTIONS: `--require ${join(__dirname, 'shift-clock.cjs')}`,
      CLOCK_SHIFT_MS: String(shiftMs),
      ...env,
    },
  });
}
