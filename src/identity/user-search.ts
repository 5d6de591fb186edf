/** Words of a name whose beginnings are in indexes of their own; names of more words are few. */
const INDEXED_WORDS = 6;
/** Longer beginnings are not in those indexes. */
const INDEXED_LENGTH = 60;
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
  /** At most so many ids of users whose address fits. */
  readonly emailCandidates: string;
  /** The same of users whose name may fit, each from an index; those found by `byWholeName` are in the first ones alone. */
  readonly nameCandidates: readonly string[];
  readonly laterWordCandidates: readonly string[];
}

/** Letter case does not matter, in any script; `% _ \` are literal. */
export function searchFor(search: string, limit: number, bind: (value: unknown) => string): Search {
  const start = search.trim().replaceAll(/\s+/gu, ' ');
  const folded = `fold_text(${bind(start)}::text)`;
  const pattern = `fold_text(${bind(start.replaceAll(/[%_\\]/g, '\\$&'))}::text)`;
  const byName = `' ' || u.name_words LIKE '% ' || ${pattern} || '%'`;
  const byEmail = beginsWith('u.email', folded);
  const byTail = (word: number) => {
    const starts = beginsWith(tail(word), `left(${folded}, ${INDEXED_LENGTH})`);
    return ids(word === 1 ? starts : `${has(word)} AND ${starts}`, limit, `${tail(word)} COLLATE "C"`);
  };
  const laterWordCandidates = [
    ...Array.from({ length: INDEXED_WORDS - 1 }, (_, n) => byTail(n + 2)),
    ids(`${has(INDEXED_WORDS + 1)} AND ${byName}`, limit, 'u.id'),
  ];
  return {
    byEmail,
    byName,
    byWholeName: beginsWith('u.name_key', folded),
    emailCandidates: ids(byEmail, limit, 'u.email COLLATE "C"'),
    nameCandidates: [byTail(1), ...laterWordCandidates],
    // A name with unusual white space begins with the text only when that is put right.
    laterWordCandidates: [
      ...laterWordCandidates,
      ids(beginsWith(UNUSUAL, folded), limit, `${UNUSUAL} COLLATE "C"`),
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
