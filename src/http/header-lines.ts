import type { IncomingMessage } from 'node:http';

type Raw = Pick<IncomingMessage, 'rawHeaders'>;

/** How many lines of a request have this header (in lower case); of some headers Node silently keeps only the first. */
export function countHeaderLines(request: Raw, name: string): number {
  return headerLines(request, name).length;
}

/** The values of all lines with this header (in lower case), in order. */
export function headerLines({ rawHeaders }: Raw, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at];
    if (given?.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}
