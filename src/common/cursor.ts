import { createHash, timingSafeEqual } from 'node:crypto';
import { isStorableText } from './validation/text-rules';
import { invalidInput } from './errors/invalid-input';

/** Bytes of the mark that ties a cursor to its list. */
const MARK_BYTES = 12;
const MAX_CURSOR_LENGTH = 2048;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where a page of a list ended: the sort key of its last row, as a text that the database has written, and its id. */
export interface Position {
  readonly key: string;
  readonly id: string;
}

/** Names a list with its order and filters: a cursor is good for that alone. */
export type ListScope = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Whether a sort key is a whole number that the database can compare, such as a time in microseconds. */
export function isNumberKey(key: string): boolean {
  return /^-?[0-9]{1,18}$/.test(key);
}

/** The opaque text that leads on from a position in a list. */
export function encodeCursor(scope: ListScope, { key, id }: Position): string {
  const position = Buffer.from(JSON.stringify([key, id]));
  return Buffer.concat([markOf(scope, position), position]).toString('base64url');
}

/** The position of a cursor; refuses with `invalid-input` a text that is none, and one of another list, order or filter. */
export function decodeCursor(
  scope: ListScope,
  cursor: string | undefined,
  isKey: (key: string) => boolean = isStorableText,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor.slice(0, MAX_CURSOR_LENGTH), 'base64url');
  const [mark, rest] = [bytes.subarray(0, MARK_BYTES), bytes.subarray(MARK_BYTES)];
  const isOurs = mark.length === MARK_BYTES && timingSafeEqual(mark, markOf(scope, rest));
  const position = isOurs ? positionOf(rest) : undefined;
  if (!position || !isKey(position.key)) {
    throw invalidInput([
      {
        pointer: '#/cursor',
        detail: 'must be the next_cursor of the same list, with the same order and filters',
      },
    ]);
  }
  return position;
}

/** Not a signature: who makes a cursor of their own begins somewhere in a list that they may read. */
function markOf(scope: ListScope, position: Buffer): Buffer {
  const names = Object.keys(scope)
    .filter((name) => scope[name] !== undefined)
    .sort();
  const text = JSON.stringify(names.map((name) => [name, scope[name] ?? null]));
  return createHash('sha256').update(text).update('\n').update(position).digest().subarray(0, MARK_BYTES);
}

function positionOf(bytes: Buffer): Position | undefined {
  try {
    const [key, id] = JSON.parse(bytes.toString('utf8')) as unknown[];
    return typeof key === 'string' && typeof id === 'string' && UUID.test(id) ? { key, id } : undefined;
  } catch {
    return undefined;
  }
}
