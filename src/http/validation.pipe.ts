import { ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { AppError, type InputFault } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { isOptionalBody } from './optional-body';

/**
 * Treats a missing body, and the JSON text `null` that some clients send instead, as an empty object only if the route's body is
 * optional.
 */
class RequestPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const isAbsent = value === undefined || value === null;
    return isAbsent && isNeeded(metadata) ? this.refuse(value, metadata) : super.transform(value, metadata);
  }

  private async refuse(value: unknown, metadata: ArgumentMetadata): Promise<never> {
    if (value === null) throw new AppError('malformed-json');
    await super.transform(value, metadata); // names the missing members
    throw invalidInput([NO_BODY]);
  }
}

function isNeeded({ type, metatype }: ArgumentMetadata): boolean {
  return type === 'body' && metatype !== undefined && !isOptionalBody(metatype);
}

const NO_BODY: InputFault = { pointer: '#', detail: 'The request requires a JSON object as its body.' };

/** Validates request DTOs: unknown members are dropped, types are strict, every fault names its field. */
export function validationPipe(): ValidationPipe {
  return new RequestPipe({
    whitelist: true,
    transform: true,
    stopAtFirstError: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(errors.flatMap((error) => inputFaults(error, '#'))),
  });
}

/** The faults of a validated object; `parent` is the JSON pointer of its container. */
export function inputFaults(error: ValidationError, parent: string): InputFault[] {
  const pointer = `${parent}/${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((detail) => ({ pointer, detail }));
  return [...own, ...(error.children ?? []).flatMap((child) => inputFaults(child, pointer))];
}
