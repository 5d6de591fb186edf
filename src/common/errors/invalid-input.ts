import { AppError, type InputFault } from './app-error';

/** The error for invalid input; its detail joins all faults. */
export function invalidInput(faults: readonly InputFault[]): AppError {
  const detail = faults.map((fault) =>
    `${fault.pointer.slice(2).replaceAll('/', '.')} ${fault.detail}`.trim(),
  );
  return new AppError('invalid-input', { detail: detail.join('; '), faults });
}
