import { register } from '../../support/http/accounts';
import { send, type Answer } from '../../support/http/http';
import { sample, scrape } from '../../support/http/metrics';
import { useService, type UsedService } from '../../support/process/use-service';

const GUESSES = 200;
const DEFAULT_LIMITS = {
  AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '',
  AUTH_RATE_LIMIT_ACCOUNT_GUESSES: '',
  AUTH_RATE_LIMIT_SOURCE_FAILURES: '',
  AUTH_REQUEST_TIMEOUT_SECONDS: '30',
};

describe('guesses over three replicas', () => {
  const first = useService({ env: DEFAULT_LIMITS, mayAnswer5xx: true });
  const { database } = first;
  const second = useService({ env: DEFAULT_LIMITS, database, mayAnswer5xx: true });
  const third = useService({ env: DEFAULT_LIMITS, database, mayAnswer5xx: true });
  const replicas = [first, second, third];

  /** Passwords that were hashed or checked so far. */
  async function hashes(): Promise<number> {
    let sum = 0;
    for (const replica of replicas) {
      sum += sample(await scrape(replica), 'auth_password_hash_duration_seconds_count');
    }
    return sum;
  }

  const login = (service: UsedService, body: object, n = 0): Promise<Answer> =>
    send(service, 'POST', '/auth/login', { body, headers: { 'X-Forwarded-For': `203.0.113.${n}` } });

  it('R40 R41 evaluates ten of 200 wrong passwords at once, whatever X-Forwarded-For says, and hashes no more', async () => {
    const { email, password } = await register(first);
    const { body } = await login(first, { email, password });
    const before = await hashes();
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: GUESSES }, (_, n) =>
        login(replicas[n % 3]!, { email, password: `guess number ${n}` }, n),
      ),
    );
    const seconds = (performance.now() - started) / 1000;
    const evaluated = answers.filter(({ status }) => status === 401).length;
    const refused = answers.filter(({ status }) => status === 429).length;
    const overloaded = answers.filter(({ status }) => status === 503).length; // on a machine that is busy
    // Ten, and one for each wait of 1, 2, 4 … s that passed meanwhile.
    expect(evaluated).toBeGreaterThan(0);
    expect(evaluated).toBeLessThanOrEqual(10 + Math.floor(Math.log2(seconds + 1)));
    expect(refused).toBeGreaterThan(GUESSES / 2);
    expect(evaluated + refused + overloaded).toBe(GUESSES);
    expect(await hashes()).toBe(before + evaluated);

    const known = { email, password, device_token: body.device_token };
    for (const replica of replicas) expect((await login(replica, known)).status).toBe(200);
    const rows = await database.query('SELECT FROM guess_limits');
    expect(rows.length).toBeLessThanOrEqual(2); // the account, the device
  });
});
