import { inheritedDomains } from '../inherited-domains';
import type { Bench } from '../part';
import { ratioRow } from '../statistics';

/** The statement that reads a user with domains of a large tree. */
export async function domains({ databaseUrl, rounds }: Bench): Promise<string[][]> {
  const ratios = await inheritedDomains(databaseUrl, rounds);
  return [ratioRow('identity with domains of a tree to flat ones', ratios, '<= 1.5')];
}
