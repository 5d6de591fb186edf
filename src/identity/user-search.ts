/** Words of a name whose beginnings are in indexes of their own; names of more words are few. */
const INDEXED_WORDS = 6;
/** Longer beginnings are not in those indexes. */
const INDEXED_LENGTH = 60;
/** Characters that one folds to at most. */
const MOST_FOLDED = 3;
/** Null for names that begin with their first word. */
const UNUSUAL = 'nullif(u.name_words, u.name_key)';
/** Behind every other character. */
const LAST = 'chr(1114111)';

/** What finds users `u` by the beginning of a text, as SQL. */
export interface Search {
  /** Whether the address begins with it: a range of the index of addresses. */
  readonly byEmail: string;
  /** Whether a word of the name begins with it, or several words that follow each other. */
  readonly byName: string;
  /** Whether the name itself begins with it: a range of the index of names. */
  readonly byWholeName: string;
  /** At most so many ids and sort keys of users whose address fits. */
  readonly emailCandidates: string;
  /** The same of users whose name may fit, each from an index; those found by `byWholeName` are in the first ones alone. */
  readonly nameCandidates: readonly string[];
  readonly laterWordCandidates: readonly string[];
  /** Whether every candidate fits: long beginnings are looked for by their first part. */
  readonly isExact: boolean;
}

/** What candidates are found with, and how many at most. */
export interface Candidates {
  /** The column of `users` that the list is ordered by. */
  readonly column: string;
  readonly limit: number;
}

/** Letter case does not matter, in any script; `% _ \` are literal. */
export function searchFor(
  search: string,
  { column, limit }: Candidates,
  bind: (value: unknown) => string,
): Search {
  const ids = (condition: string, order: string) =>
    `(SELECT u.id, u.${column} FROM users u WHERE ${condition} ORDER BY ${order} LIMIT ${limit})`;
  const start = search.trim().replaceAll(/\s+/gu, ' ');
  const folded = `fold_text(${bind(start)}::text)`;
  const pattern = `fold_text(${bind(start.replaceAll(/[%_\\]/g, '\\$&'))}::text)`;
  const byName = `' ' || u.name_words LIKE '% ' || ${pattern} || '%'`;
  const byEmail = beginsWith('u.email', folded);
  const byTail = (word: number) => {
    const starts = beginsWith(tail(word), `left(${folded}, ${INDEXED_LENGTH})`);
    return ids(word === 1 ? starts : `${has(word)} AND ${starts}`, `${tail(word)} COLLATE "C"`);
  };
  const laterWordCandidates = [
    ...Array.from({ length: INDEXED_WORDS - 1 }, (_, n) => byTail(n + 2)),
    ids(`${has(INDEXED_WORDS + 1)} AND ${byName}`, 'u.id'),
  ];
  return {
    byEmail,
    byName,
    isExact: start.length * MOST_FOLDED <= INDEXED_LENGTH,
    byWholeName: beginsWith('u.name_key', folded),
    emailCandidates: ids(byEmail, 'u.email COLLATE "C"'),
    nameCandidates: [byTail(1), ...laterWordCandidates],
    // A name with unusual white space begins with the text only when that is put right.
    laterWordCandidates: [...laterWordCandidates, ids(beginsWith(UNUSUAL, folded), `${UNUSUAL} COLLATE "C"`)],
  };
}

/** Whether a name has as many words, as the indexes on their tails say it. */
function has(words: number): string {
  return `u.name_words LIKE '${Array<string>(words).fill('%').join(' ')}'`;
}

/** The name without case from its n-th word on. */
function tail(word: number): string {
  return `name_tail(u.name_words, ${word})`;
}

function beginsWith(text: string, start: string): string {
  return `(${text} COLLATE "C" >= ${start} AND ${text} COLLATE "C" < ${start} || ${LAST})`;
}
