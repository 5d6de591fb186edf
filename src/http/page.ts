import { Transform } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { encodeCursor, type ListScope, type Position } from '../common/cursor';

export const MAX_PAGE_SIZE = 200;
export const DEFAULT_PAGE_SIZE = 50;
const LIMIT_RULE = `must be a whole number from 1 to ${MAX_PAGE_SIZE}`;

/** One page of a list; without `next_cursor` it is the last one. */
export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** A row of a list with its place in the order. */
export interface Positioned<T> {
  readonly row: T;
  readonly position: Position;
}

/** How many rows a page has, in the query of an address. */
export function IsPageLimit(): PropertyDecorator {
  return compose(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value,
    ),
    IsOptional(),
    IsInt({ message: LIMIT_RULE }),
    Min(1, { message: LIMIT_RULE }),
    Max(MAX_PAGE_SIZE, { message: LIMIT_RULE }),
  );
}

/** The cursor of the page before, in the query of an address. */
export function IsCursor(): PropertyDecorator {
  return compose(IsOptional(), IsString({ message: 'must be the next_cursor of a page' }));
}

/**
 * The page of rows that were read for it, one more than it has room for: then there is another page.
 *
 * @param scope what the cursor is good for
 */
export function toPage<Row, Item>(
  rows: readonly Positioned<Row>[],
  limit: number,
  scope: ListScope,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ row }) => toItem(row)),
    next_cursor: last ? encodeCursor(scope, last.position) : null,
  };
}

function compose(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}
