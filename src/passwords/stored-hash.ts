import { HASH_FORMATS, type HashCheck, type HashFormat, type HashWork } from './hash-formats';

/** bcrypt's lowest cost. */
const MIN_COST = 4;
/** How far the cost of a stored bcrypt hash may exceed the configured one; above that it never matches. */
const MAX_COST_ABOVE = 2;

/** A stored hash that can be checked. */
export interface StoredHash {
  readonly check: HashCheck;
  /** Undefined when the work is negligible. */
  readonly work: HashWork | undefined;
  /** Whether a new hash would have the same format; others are replaced at the next sign-in. */
  readonly isOurs: boolean;
}

/** A text that begins like a known hash format. */
interface Match {
  readonly format: HashFormat;
  readonly parameters: readonly string[];
  /** The text after the parameters. */
  readonly rest: string;
}

const MATCHERS = HASH_FORMATS.map((format) => ({ format, start: new RegExp(`^(?:${format.parameters})`) }));

/** For PostgreSQL: its first group is the format and parameters of a stored hash, without salt and digest. */
export const HASH_PARAMETERS_PATTERN = `^(${HASH_FORMATS.map(({ parameters }) => parameters).join('|')})`;

/** The cost of the costliest hash of bcrypt that counts as one, where new ones have this cost. */
export function highestCostAt(cost: number): number {
  return cost + MAX_COST_ABOVE;
}

/**
 * Reads a stored hash; undefined for an unknown format, and for a hash whose check would cost too much.
 *
 * @param highestCost of a usable bcrypt hash
 */
export function readStoredHash(text: string, highestCost: number): StoredHash | undefined {
  const found = match(text);
  if (found === undefined || excessOf(found, highestCost) !== undefined) return undefined;
  const check = checkOf(found);
  const { format, parameters } = found;
  return check && { check, work: format.work?.(parameters), isOurs: format.isOurs?.(parameters) ?? false };
}

/** What is wrong with a hash to be stored, to follow the name of its field; undefined when it is usable. */
export function storedHashFault(text: string, highestCost: number): string | undefined {
  const found = match(text);
  if (found === undefined) return 'is of no supported format';
  return checkOf(found) === undefined ? 'is no complete hash of its format' : excessOf(found, highestCost);
}

/** The work of stored hashes with these parameters, as matched by `HASH_PARAMETERS_PATTERN`. */
export function workOfParameters(text: string, highestCost: number): HashWork | undefined {
  const found = match(text);
  if (found === undefined || excessOf(found, highestCost) !== undefined) return undefined;
  return found.format.work?.(found.parameters);
}

function match(text: string): Match | undefined {
  for (const { format, start } of MATCHERS) {
    const [beginning, ...parameters] = start.exec(text) ?? [];
    if (beginning !== undefined) return { format, parameters, rest: text.slice(beginning.length) };
  }
  return undefined;
}

function checkOf({ format, parameters, rest }: Match): HashCheck | undefined {
  const [, ...parts] = format.rest.exec(rest) ?? [];
  const work = format.work?.(parameters);
  const costsNothing = work !== undefined && !(work.amount >= (work.family === 'bcrypt' ? 2 ** MIN_COST : 1));
  return parts.length === 0 || costsNothing ? undefined : format.check(parameters, parts);
}

function excessOf({ format, parameters }: Match, highestCost: number): string | undefined {
  const work = format.work?.(parameters);
  if (work?.family === 'bcrypt')
    return work.amount > 2 ** highestCost ? `asks for more than cost ${highestCost} of bcrypt` : undefined;
  return format.excess?.(parameters);
}
