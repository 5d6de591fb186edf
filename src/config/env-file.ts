/** The content of a `.env` file, and its errors; faults and warnings name lines and variables, never values. */
export interface EnvFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

interface Value {
  readonly value: string;
  /** Index of the rest of the file. */
  readonly end: number;
}

const ASSIGNMENT = /^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_.-]*)[^\S\n]*=[^\S\n]*/;
const BLANK_OR_COMMENT = /^[^\S\n]*(?:#[^\n]*)?$/;
const QUOTES = new Set(['"', "'", '`']);
/** Line ends of some editors, which would make the next line part of the value before. */
const LINE_SEPARATOR_OR_CONTROL = /[^\P{Cc}\t]|[\u2028\u2029]/u;
const TYPOGRAPHIC_QUOTE = /^[\u201c-\u201f\u2018-\u201b\u00ab\u2039]/;

/**
 * Parses a `.env` file like `util.parseEnv` of Node.js, but reports what that silently drops or truncates: a line that is not an
 * assignment, an unclosed quote, a `#` inside a value.
 */
export function parseEnvFile(text: string): EnvFile {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const found = new Map<string, { values: string[]; lines: number[] }>();
  const faults: string[] = [];
  for (let at = 0; at < lines.length;) {
    const place = `line ${at + 1} of .env`;
    const line = lines[at] ?? '';
    const [start, name] = ASSIGNMENT.exec(line) ?? [];
    if (start === undefined || name === undefined) {
      if (!BLANK_OR_COMMENT.test(line)) faults.push(`${place} is not NAME=value`);
      at++;
      continue;
    }
    try {
      const { value, end } = readValue(lines, at, start.length);
      const { values = [], lines: places = [] } = found.get(name) ?? {};
      found.set(name, { values: [...values, value], lines: [...places, at + 1] });
      at = end;
    } catch (error) {
      faults.push(`${place}: ${name} ${(error as Error).message}`);
      at++;
    }
  }
  const variables = Object.fromEntries([...found].map(([name, { values }]) => [name, values.at(-1) ?? '']));
  const repeated = [...found].filter(([, { values }]) => new Set(values).size > 1);
  const warnings = repeated.map(
    ([name, { lines: places }]) =>
      `${name} stands in .env more than once (lines ${places.join(', ')}): the last one counts`,
  );
  return { variables, faults, warnings };
}

function readValue(lines: readonly string[], at: number, from: number): Value {
  const rest = (lines[at] ?? '').slice(from);
  const [quote = ''] = rest;
  if (TYPOGRAPHIC_QUOTE.test(rest)) throw new Error(`is in typographic quotes; write " or '`);
  return QUOTES.has(quote)
    ? readQuoted(lines, at, rest.slice(1), quote)
    : { value: readBare(rest), end: at + 1 };
}

/** Reads up to the next quote of the same kind, across lines. */
function readQuoted(lines: readonly string[], at: number, first: string, quote: string): Value {
  const parts: string[] = [];
  for (let line: string | undefined = first, end = at + 1; line !== undefined; line = lines[end++]) {
    const close = line.indexOf(quote);
    if (close < 0) {
      parts.push(line);
      continue;
    }
    if (!BLANK_OR_COMMENT.test(line.slice(close + 1))) throw new Error('goes on behind its closing quote');
    const value = [...parts, line.slice(0, close)].join('\n');
    return { value: quote === '"' ? value.replaceAll('\\n', '\n') : value, end };
  }
  throw new Error('has a quote that is not closed');
}

function readBare(rest: string): string {
  const value = rest.replace(/(^|\s)#(\s.*)?$/, '').replace(/\s#.*$/, '');
  // Node.js and dotenv truncate here, shells and Docker do not.
  if (value.includes('#')) throw new Error('holds a #: put the value in quotes');
  if (LINE_SEPARATOR_OR_CONTROL.test(value))
    throw new Error('holds a control character or a line separator: put the value in quotes');
  return value.trim();
}
