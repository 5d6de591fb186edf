import { closingQuote } from './json-text';

/**
 * Whether an object in a JSON text has a duplicate member name; names are compared after unescaping. The text must be valid
 * JSON.
 */
export function hasDuplicateKeys(text: string): boolean {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    switch (text.charAt(at)) {
      case '{':
        open.push(new Set());
        break;
      case '[':
        open.push(undefined);
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case '"': {
        const end = closingQuote(text, at + 1) + 1;
        const names = open.at(-1);
        if (names && isName(text, end)) {
          const name = JSON.parse(text.slice(at, end)) as string;
          if (names.has(name)) return true;
          names.add(name);
        }
        at = end - 1;
        break;
      }
    }
  }
  return false;
}

function isName(text: string, from: number): boolean {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return text[at] === ':';
}
