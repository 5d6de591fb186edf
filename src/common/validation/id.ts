import { Transform } from 'class-transformer';
import { stringRule } from './text-rules';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is an id, in any letter case. */
export function isId(value: string): boolean {
  return UUID.test(value);
}

/** An id, a UUID in any letter case, handed on in lower case, as the database writes it. `what` it is of: "a user". */
export function IsId(what: string, { each = false } = {}): PropertyDecorator {
  const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);
  const transform = Transform(({ value }: { value: unknown }) =>
    each && Array.isArray(value) ? value.map(lower) : lower(value),
  );
  const check = stringRule('isId', `must be the id of ${what} (a UUID)`, isId)({ each });
  return (target, property) => {
    transform(target, property);
    check(target, property);
  };
}
