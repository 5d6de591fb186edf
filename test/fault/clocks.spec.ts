import { register } from '../support/accounts';
import { startService, type Service } from '../support/service';
import { isValid, logout, refreshed } from '../support/sessions';
import { startShifted } from '../support/shifted-service';
import { createTestDatabase, type TestDatabase } from '../support/test-database';

describe('replicas whose clocks differ (O10)', () => {
  let database: TestDatabase;
  let right: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    right = await startService({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await right.stop();
    await database.drop();
  });

  it.each([
    ['20 s ahead', 20_000, true],
    ['20 s behind', -20_000, true],
    ['90 s ahead', 90_000, false],
    ['10 min ahead', 600_000, false],
  ])(
    'one is %s: its tokens are good elsewhere within the leeway only; sessions go by the clock of the database',
    async (_what, shiftMs, isWithinLeeway) => {
      const wrong = await startShifted(database, shiftMs);
      try {
        const account = await register(wrong);
        expect(await isValid(wrong, account.token)).toBe(true);
        expect(await isValid(right, account.token)).toBe(isWithinLeeway);

        const [one, other] = [
          await refreshed(wrong, account.refreshToken),
          await refreshed(right, account.refreshToken),
        ];
        expect(other.refreshToken).toBe(one.refreshToken);
        expect(await isValid(right, other.accessToken)).toBe(true);

        expect((await logout(right, account.token)).status).toBe(204);
        expect(await isValid(wrong, account.token)).toBe(false);
      } finally {
        await wrong.stop();
      }
    },
  );
});
