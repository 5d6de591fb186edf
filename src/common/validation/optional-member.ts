import { Transform } from 'class-transformer';
import { IsOptional } from 'class-validator';

/** An optional member; null, which many clients send for a missing value, counts as missing. Document it as nullable. */
export function IsOptionalMember(): PropertyDecorator {
  const transform = Transform(({ value }: { value: unknown }) => value ?? undefined);
  const optional = IsOptional();
  return (target, property) => {
    transform(target, property);
    optional(target, property);
  };
}
