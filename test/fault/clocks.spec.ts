import { register } from '../support/http/accounts';
import { bearer, send } from '../support/http/http';
import { isValid, logout, refreshed } from '../support/tokens/sessions';
import { startShifted } from '../support/process/shifted-service';
import { useService } from '../support/process/use-service';

describe('replicas whose clocks differ (O10)', () => {
  const right = useService();
  const { database } = right;

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

  it.each([
    ['11 min ahead', 660_000],
    ['90 s behind', -90_000],
  ])(
    'one is %s: how long ago a sign-in was goes by the clock of the database (R84)',
    async (_what, shiftMs) => {
      const wrong = await startShifted(database, shiftMs, { AUTH_JWT_LEEWAY_SECONDS: '60' });
      try {
        const [recent, older] = [await register(right), await register(right)];
        await database.query(
          `UPDATE sessions SET created_at = created_at - interval '10 minutes 10 seconds' WHERE id = $1`,
          [older.sid],
        );
        const tokens =
          shiftMs > 0
            ? [recent.token, older.token]
            : [
                (await refreshed(wrong, recent.refreshToken)).accessToken,
                (await refreshed(wrong, older.refreshToken)).accessToken,
              ];
        const answers = await Promise.all(
          tokens.map((token) => send(wrong, 'DELETE', '/auth/sessions', { headers: bearer(token) })),
        );
        expect(answers.map(({ status }) => status)).toEqual([204, 403]);
      } finally {
        await wrong.stop();
      }
    },
  );
});
