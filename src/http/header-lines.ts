import type { IncomingMessage } from 'node:http';

type Raw = Pick<IncomingMessage, 'rawHeaders'>;

/** How many lines of a request name this header (in lower case); Node keeps the first of some of them without a word. */
export function countHeaderLines(request: Raw, name: string): number {
  return headerLines(request, name).length;
}

/** The values of all lines that name this header (in lower case), in their order. */
export function headerLines({ rawHeaders }: Raw, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at];
    if (given?.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}
