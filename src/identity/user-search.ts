/** Words of a name whose beginnings are in indexes of their own; names of more words are few. */
const INDEXED_WORDS = 6;
/** Longer beginnings are not in those indexes. */
const INDEXED_LENGTH = 60;
/** Behind every other character. */
const LAST = 'chr(1114111)';

/** What finds users `u` by the beginning of a text, as SQL. */
export interface Search {
  /** Whether the address begins with it: a range of the index of addresses. */
  readonly byEmail: string;
  /** Whether a word of the name begins with it, or several words that follow each other. */
  readonly byName: string;
  /** At most `limit` ids of users whose name may fit, each branch from an index. */
  readonly nameCandidates: (limit: number) => string[];
}

/** Letter case does not matter, in any script; `% _ \` are literal. */
export function searchFor(search: string, bind: (value: unknown) => string): Search {
  const start = search.trim().replaceAll(/\s+/gu, ' ');
  const folded = `fold_text(${bind(start)}::text)`;
  const pattern = `fold_text(${bind(start.replaceAll(/[%_\\]/g, '\\$&'))}::text)`;
  const byName = `' ' || u.name_words LIKE '% ' || ${pattern} || '%'`;
  return {
    byEmail: beginsWith('u.email', folded),
    byName,
    nameCandidates: (limit) => [
      ...Array.from({ length: INDEXED_WORDS }, (_, n) => {
        const starts = beginsWith(tail(n + 1), `left(${folded}, ${INDEXED_LENGTH})`);
        return ids(n === 0 ? starts : `${has(n + 1)} AND ${starts}`, limit, `${tail(n + 1)} COLLATE "C"`);
      }),
      ids(`${has(INDEXED_WORDS + 1)} AND ${byName}`, limit, 'u.id'),
    ],
  };
}

/** SQL: at most `limit` ids of users who fulfil a condition, in the order of the index that they are to be read from. */
export function ids(condition: string, limit: number, order: string): string {
  return `(SELECT u.id FROM users u WHERE ${condition} ORDER BY ${order} LIMIT ${limit})`;
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
