import { AppError, type InputFault } from './app-error';

/** The error for input at fault; its detail says all faults in one sentence. */
export function invalidInput(faults: readonly InputFault[]): AppError {
  const detail = faults.map((fault) =>
    `${fault.pointer.slice(2).replaceAll('/', '.')} ${fault.detail}`.trim(),
  );
  return new AppError('invalid-input', { detail: detail.join('; '), faults });
}
