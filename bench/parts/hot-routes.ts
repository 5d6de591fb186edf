import { bearerGet, inTurn, validate, type Bench } from '../part';
import { ratioRow } from '../statistics';

/** The routes that are asked with each request of the platform, against the floors. */
export async function hotRoutes(bench: Bench): Promise<string[][]> {
  const { service, memory, statement, person } = bench;
  const loads = [
    validate(person.token),
    bearerGet('verify', '/auth/verify', person.token),
    bearerGet('me', '/auth/me', person.token),
  ];
  const rows: string[][] = [];
  for (const load of loads) {
    const rounds = await inTurn(bench, load.name, [
      ['service', service, load],
      ['(a) memory', memory, load],
      ['(b) statement', statement, load],
    ]);
    const against = (floor: 1 | 2) => rounds.map((rates) => rates[0]! / rates[floor]!);
    const mark = load.name === 'validate' ? '>= 0.75' : '';
    rows.push(ratioRow(`${load.name} to (a) floor from memory`, against(1), mark));
    rows.push(ratioRow(`${load.name} to (b) floor with statement`, against(2), ''));
  }
  return rows;
}
