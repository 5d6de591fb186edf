import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { useMailServer } from '../../support/mail/mail-server';
import { useService } from '../../support/process/use-service';

const SAMPLES = 40;
/** Two-sided, 1 in 10,000 by chance for a pair; 40 samples that can be told apart at all are at 7. */
const CRITICAL_Z = 3.9;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** How many standard deviations the sum of ranks is off (Mann and Whitney). */
function rankZ(one: readonly number[], other: readonly number[]): number {
  const all = [
    ...one.map((value) => ({ value, mine: true })),
    ...other.map((value) => ({ value, mine: false })),
  ].sort((a, b) => a.value - b.value);
  const rankSum = all.reduce((sum, { mine }, at) => sum + (mine ? at + 1 : 0), 0);
  const [n, m] = [one.length, other.length];
  const mean = (n * (n + m + 1)) / 2;
  return (rankSum - mean) / Math.sqrt((n * m * (n + m + 1)) / 12);
}

describe('R90: who has an address cannot be told by time', () => {
  const mails = useMailServer();
  const env = () => ({ ...mails.env, AUTH_RATE_LIMITS: 'false' });
  const service = useService({ env: () => ({ ...env(), AUTH_REQUIRE_VERIFIED_EMAIL: 'true' }) });
  const { database } = service;
  const open = useService({ database, env });

  /** Addresses of each kind, each used once. */
  async function addresses(): Promise<Record<string, string[]>> {
    const kinds = ['known', 'deactivated', 'provider-only', 'unproven'];
    const { id } = await register(open);
    const [row] = await database.query<{ hash: string }>(
      'SELECT password_hash AS hash FROM users WHERE id = $1',
      [id],
    );
    const made = kinds.map((kind) => [kind, Array.from({ length: SAMPLES }, uniqueEmail)] as const);
    for (const [kind, emails] of made) {
      await database.query(
        `INSERT INTO users (email, name, password_hash, is_active, email_verified_at)
         SELECT e, 'Ada', $2, $3, CASE WHEN $4 THEN now() END FROM unnest($1::text[]) AS e`,
        [emails, kind === 'provider-only' ? null : row?.hash, kind !== 'deactivated', kind !== 'unproven'],
      );
    }
    return { ...Object.fromEntries(made), unknown: Array.from({ length: SAMPLES }, uniqueEmail) };
  }

  it.each([
    ['POST', '/auth/password/forgot'],
    ['POST', '/auth/register'],
    ['PUT', '/users/me/email'],
  ])('%s %s', async (method, path) => {
    const emails = await addresses();
    const { token } = await register(open);
    const kinds = Object.keys(emails);
    const times: Record<string, number[]> = Object.fromEntries(kinds.map((kind) => [kind, []]));
    const answers = new Set<string>();
    const ask = async (email: string) => {
      const body =
        path === '/auth/register' ? { email, password: 'another horse battery', name: 'Ada' } : { email };
      const headers = method === 'PUT' ? bearer(token) : {};
      const start = performance.now();
      const { status, text, headers: told } = await send(service, method, path, { body, headers });
      const time = performance.now() - start;
      // Byte by byte, but for id and time.
      const rest = [...told].filter(([name]) => !['date', 'x-request-id'].includes(name));
      answers.add(JSON.stringify([status, text, rest]));
      return time;
    };
    for (let warm = 0; warm < 10; warm++) await ask(uniqueEmail());
    for (let n = 0; n < SAMPLES; n++) {
      // In another order each time, so that what one leaves behind meets all alike.
      for (const kind of [...kinds].sort(() => Math.random() - 0.5))
        times[kind]?.push(await ask(emails[kind]![n]!));
    }
    expect([...answers]).toHaveLength(1);
    const unknown = times.unknown ?? [];
    for (const kind of kinds.filter((each) => each !== 'unknown')) {
      const z = rankZ(times[kind] ?? [], unknown);
      const ratio = median(times[kind] ?? []) / median(unknown);
      if (process.env.TIMING_REPORT)
        process.stdout.write(`${path} ${kind}: medians ${ratio.toFixed(3)}, z ${z.toFixed(2)}\n`);
      expect({ kind, isTold: Math.abs(z) > CRITICAL_Z }).toEqual({ kind, isTold: false });
    }
  });
});
