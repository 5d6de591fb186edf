import { inTurn, SECRET, validate, type Bench } from '../part';
import { startService } from '../processes';
import { ratioRow } from '../statistics';

/** A service that remembers nothing, against the floor with one statement. */
export async function withoutMemory(bench: Bench): Promise<string[][]> {
  const load = validate(bench.person.token);
  const env = {
    DATABASE_URL: bench.databaseUrl,
    AUTH_JWT_SECRET_KEY: SECRET,
    AUTH_IDENTITY_CACHE_MB: '0',
  };
  const rounds = await inTurn(bench, 'cold', [
    ['service', await bench.start(startService(env)), load],
    ['statement', bench.statement, load],
  ]);
  const ratios = rounds.map(([own, floor]) => own! / floor!);
  return [ratioRow('validate without memory to (b) floor with statement', ratios, '>= 0.70')];
}
