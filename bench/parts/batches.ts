import { inTurn, validate, type Bench } from '../part';
import { ratioRow } from '../statistics';

const TOKENS = 50;

/** Tokens per second of batches, against single calls. */
export async function batches(bench: Bench): Promise<string[][]> {
  const { service, person } = bench;
  const single = validate(person.token);
  const body = JSON.stringify({ tokens: Array.from({ length: TOKENS }, () => person.token) });
  const rounds = await inTurn(bench, 'batch', [
    ['batches', service, { ...single, name: 'batch', path: '/auth/validate/batch', body }],
    ['single', service, single],
  ]);
  const ratios = rounds.map(([batch, alone]) => (TOKENS * batch!) / alone!);
  return [ratioRow(`batch of ${TOKENS} to single, in tokens`, ratios, '>= 4.00')];
}
