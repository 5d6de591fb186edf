/**
 * So many users of a search are read, from an index, and sorted; so many of a filter too, where each is a look at the table. Where more
 * are found, the order is followed in its index until a page is full.
 */
export const SEARCHED = 4_000;
const FILTERED = 1_500;
/** The same of a filter beside a search that finds many: both have to fit. */
const WITH_SEARCH = 5_000;
/** The ids of so many users of a filter are kept in memory while the order is followed. */
export const REMEMBERED = 20_000;

export interface PageParts {
  readonly column: string;
  readonly order: string;
  readonly after: string;
  readonly limit: number;
}

/** A condition on users `u`. */
export interface Restriction {
  readonly condition: string;
  /** How the ids of those who fulfil it are found without the order; undefined where nearly all do. */
  readonly candidates?: string;
  /** Whether the condition is asked of the id alone. */
  readonly isOfId?: boolean;
}

/** What a search looks for, split by what the order itself leads to. */
export interface Sought {
  readonly condition: string;
  /** Those who fit follow each other in this order. */
  readonly inOrder?: string;
  /** How those are found, with their sort key, whom that does not find. */
  readonly others: {
    readonly condition: string;
    readonly candidates: readonly string[];
    /** Whether all candidates fulfil the condition. */
    readonly isExact: boolean;
  };
}

/** A way to the users of a page, taken when its own condition holds and that of none before it. */
export interface Way {
  readonly when: string;
  readonly ids: string;
  /** Whether those are found too whom the order itself leads to. */
  readonly isWhole: boolean;
}

/** Stands in a way for the condition under which it is taken. */
export const GUARD = '/* when taken */';

export function waysOf(filters: readonly Restriction[], sought: Sought | undefined, page: PageParts): Way[] {
  const conditions = filters.map(({ condition }) => condition);
  const sources = filters.filter(({ candidates }) => candidates !== undefined);
  const has = (n: number, most: number) => `(SELECT n${n} <= ${most} FROM counted)`;
  const whole = and([page.after, ...conditions, sought?.condition]);
  const readBy = (most: number) =>
    sources.map((_, n) => ({ when: has(n, most), ids: readById(n, whole, page), isWhole: true }));
  const ways: Way[] = readBy(FILTERED);
  if (sought) {
    const isOfSource = sought.others.isExact && filters.every(({ isOfId }) => isOfId);
    const rest = and([page.after, ...conditions, isOfSource ? undefined : sought.others.condition]);
    ways.push({
      when: has(sources.length, SEARCHED),
      ids: (isOfSource ? fromSource : readById)(sources.length, rest, page),
      isWhole: false,
    });
    ways.push(...readBy(WITH_SEARCH));
  }
  const isOfIndex = filters.every(({ isOfId }) => isOfId);
  const follow = (known: readonly (string | undefined)[]) =>
    walk(and([...known, sought?.others.condition]), isOfIndex, page);
  sources.forEach((source, n) => {
    const others = filters.filter((filter) => filter !== source).map(({ condition }) => condition);
    const ids = follow([`u.id IN (SELECT id FROM s${n})`, ...others]);
    ways.push({ when: has(n, REMEMBERED), ids, isWhole: false });
  });
  return [...ways, { when: 'true', ids: follow(conditions), isWhole: false }];
}

/** One look for each: OFFSET 0 keeps the planner from reading all users to join them. */
export const byId = (rows: string) => `SELECT u.* FROM users u WHERE u.id = ${rows}.id OFFSET 0`;
export const and = (conditions: readonly (string | undefined)[]) =>
  conditions.filter((condition) => condition !== undefined).join(' AND ') || 'true';

/** The users of one source, each looked up. */
function readById(n: number, condition: string, { order, limit }: PageParts): string {
  return `(SELECT u.id FROM s${n} CROSS JOIN LATERAL (${byId(`s${n}`)}) u
    WHERE ${GUARD} AND ${condition} ORDER BY ${order} LIMIT ${limit})`;
}

/** The users of one source, which has their sort key. */
function fromSource(n: number, condition: string, { order, limit }: PageParts): string {
  return `(SELECT u.id FROM s${n} u WHERE ${GUARD} AND ${condition} ORDER BY ${order} LIMIT ${limit})`;
}

/**
 * OFFSET 0 keeps the condition from the planner, who would sort all users that he expects few of.
 *
 * @param isOfIndex whether the condition asks for nothing that the index of the order does not hold
 */
function walk(condition: string, isOfIndex: boolean, { column, order, after, limit }: PageParts): string {
  const held = [...new Set(['id', column, 'email', 'name_words'])].map((name) => `u.${name}`);
  const columns = isOfIndex ? held.join(', ') : 'u.*';
  return `(SELECT u.id FROM (SELECT ${columns} FROM users u WHERE ${after} ORDER BY ${order} OFFSET 0) u
    WHERE ${GUARD} AND ${condition} LIMIT ${limit})`;
}
