/** Index of the quote that closes the JSON string containing `from`; -1 when the text ends before it. */
export function closingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from);
  while (end >= 0 && isEscaped(text, end, from)) end = text.indexOf('"', end + 1);
  return end;
}

/** Whether an odd number of backslashes precedes `at`, counted back to `from`. */
function isEscaped(text: string, at: number, from: number): boolean {
  let start = at;
  while (start > from && text[start - 1] === '\\') start--;
  return (at - start) % 2 === 1;
}

/** The string in which a truncated JSON text ends: index of its first character, and number of enclosing objects and lists. */
export interface OpenString {
  readonly start: number;
  readonly depth: number;
}

/** The string in which a truncated JSON text ends; undefined when it ends outside one. */
export function openString(text: string): OpenString | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '{':
      case '[':
        depth++;
        break;
      case '}':
      case ']':
        depth--;
        break;
      case '"': {
        const end = closingQuote(text, at + 1);
        if (end < 0) return { start: at + 1, depth };
        at = end;
      }
    }
  }
  return undefined;
}
