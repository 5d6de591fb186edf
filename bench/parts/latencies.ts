import { latencyP99, type Logins } from '../latency';
import { bearerGet, validate, type Bench } from '../part';
import { throughput } from '../throughput';
import { ratioRow } from '../statistics';

/** How long the slowest hundredth takes: of validate against the floor, and while others sign in. */
export async function latencies(bench: Bench): Promise<string[][]> {
  const { service, memory, person, rounds, seconds } = bench;
  const load = validate(person.token);
  for (const target of [service, memory]) await throughput(target, load, 2); // to warm up
  const rows: Record<'floor' | 'logins' | 'live', number[]> = { floor: [], logins: [], live: [] };
  const logins: Logins = { email: person.email, password: person.password };
  const live = bearerGet('live', '/health/live', person.token);
  for (let round = 1; round <= rounds; round++) {
    const own = await latencyP99(service, load, seconds);
    const floor = await latencyP99(memory, load, seconds);
    const busy = await latencyP99(service, load, seconds, logins);
    const idleLive = await latencyP99(service, live, seconds);
    const busyLive = await latencyP99(service, live, seconds, logins);
    rows.floor.push(own / floor);
    rows.logins.push(busy / own);
    rows.live.push(busyLive / idleLive);
    const told = [own, floor, busy, idleLive, busyLive].map((ms) => ms.toFixed(2));
    bench.say(
      `p99 in ms, round ${round}: validate ${told[0]}, floor ${told[1]}, under 8 logins ${told[2]}; live ${told[3]}, under 8 logins ${told[4]}\n`,
    );
  }
  return [
    ratioRow('validate p99 to (a) floor from memory', rows.floor, '<= 1.50'),
    ratioRow('validate p99 under 8 logins to without', rows.logins, '<= 2.00'),
    ratioRow('/health/live p99 under 8 logins to without', rows.live, '<= 10'),
  ];
}
