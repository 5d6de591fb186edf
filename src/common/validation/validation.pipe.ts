import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { AppError, type InputFault } from '../errors/app-error';

/** Checks request DTOs: unknown members are dropped, types are strict, every fault names its field. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    transform: true,
    stopAtFirstError: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => invalidInput(errors.flatMap((error) => inputFaults(error, '#'))),
  });
}

/** The error for input at fault; its detail says all faults in one sentence. */
export function invalidInput(faults: readonly InputFault[]): AppError {
  const detail = faults.map((fault) =>
    `${fault.pointer.slice(2).replaceAll('/', '.')} ${fault.detail}`.trim(),
  );
  return new AppError('invalid-input', { detail: detail.join('; '), faults });
}

/** The faults of a validated object; `parent` is the JSON pointer of what holds it. */
export function inputFaults(error: ValidationError, parent: string): InputFault[] {
  const pointer = `${parent}/${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((detail) => ({ pointer, detail }));
  return [...own, ...(error.children ?? []).flatMap((child) => inputFaults(child, pointer))];
}
