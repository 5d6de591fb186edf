import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';

/** A member that may be left out; null, which many clients write for what they do not have, counts as left out. Document it as nullable. */
export function IsOptionalMember(): PropertyDecorator {
  const transform = Transform(({ value }: { value: unknown }) => value ?? undefined);
  const optional = IsOptional();
  return (target, property) => {
    transform(target, property);
    optional(target, property);
  };
}
