import autocannon, { type Result } from 'autocannon';
import type { Target } from './processes';
import type { Load } from './throughput';
import { quantile } from './statistics';

/** The account that signs in while others ask. */
export interface Logins {
  readonly email: string;
  readonly password: string;
}

const PARALLEL_LOGINS = 8;
/** Few enough that no request waits for the processor behind many others. */
const CONNECTIONS = 4;
/** Half of what four connections reach on a slow machine: a rate that leaves the processor time. */
const RATE = 1500;

/** The 99th percentile, in milliseconds, of a load at an even rate; with logins, while 8 at a time run. */
export async function latencyP99(
  target: Target,
  { name, ...request }: Load,
  seconds: number,
  logins?: Logins,
): Promise<number> {
  const latencies: number[] = [];
  const end = performance.now() + seconds * 1000;
  const others = logins
    ? Array.from({ length: PARALLEL_LOGINS }, () => logInUntil(target, JSON.stringify(logins), end))
    : [];
  const result = await new Promise<Result>((resolve, reject) => {
    const running = autocannon(
      {
        url: target.url + request.path,
        ...request,
        connections: CONNECTIONS,
        overallRate: RATE,
        duration: seconds,
      },
      (error: Error | null, outcome) => (error ? reject(error) : resolve(outcome)),
    );
    running.on('response', (_client, _status, _bytes, ms) => latencies.push(ms));
  });
  await Promise.all(others);
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${target.name} failed under ${name}: ${result.non2xx} not 2xx, ${result.errors} errors`);
  }
  return quantile(
    latencies.sort((one, other) => one - other),
    0.99,
  );
}

async function logInUntil(target: Target, body: string, end: number): Promise<void> {
  while (performance.now() < end) {
    const response = await fetch(`${target.url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    await response.arrayBuffer();
    // A full queue and the limits refuse, and are what is wanted here.
    if (!response.ok && ![429, 503].includes(response.status)) {
      throw new Error(`a login was answered ${response.status}`);
    }
  }
}
