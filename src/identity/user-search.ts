/** The white space of Unicode, as a class of PostgreSQL's regular expressions; control characters are in no name. */
const SPACES = '[ \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';

/** Text without case, by Unicode whatever the locale of the database, to be compared by code point. */
const fold = (sql: string) => `(lower(${sql} COLLATE "und-x-icu") COLLATE "C")`;

/** The name of a user `u` without case. */
export const FOLDED_NAME = fold('u.name');

/** Whether the address of a user `u`, or a word of their name, begins with a text; `% _ \` are literal. */
export function searchCondition(search: string, bind: (value: unknown) => string): string {
  const start = search
    .trim()
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/[%_\\]/g, '\\$&');
  const folded = fold(`${bind(start)}::text`);
  const words = `' ' || regexp_replace(${FOLDED_NAME}, '${SPACES}', ' ', 'g')`;
  return `(u.email LIKE ${folded} || '%' OR ${words} LIKE '% ' || ${folded} || '%')`;
}
