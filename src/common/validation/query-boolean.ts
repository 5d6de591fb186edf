import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';

const TRUE = ['true', '1', 't', 'yes', 'y', 'on'];
const FALSE = ['false', '0', 'f', 'no', 'n', 'off'];

/**
 * A boolean query parameter in any letter case and in the forms that clients send: `true` (JavaScript), `True` (Python), 1 and
 * 0, yes and no, on and off.
 */
export function IsQueryBoolean(): PropertyDecorator {
  const transform = Transform(({ value }: { value: unknown }) => booleanOf(value));
  const check = IsBoolean({ message: 'must be true or false' });
  return (target, property) => {
    transform(target, property);
    check(target, property);
  };
}

/** Any other value is returned unchanged, and fails validation. */
function booleanOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.toLowerCase();
  if (TRUE.includes(word)) return true;
  return FALSE.includes(word) ? false : value;
}
