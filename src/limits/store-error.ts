import { AppError } from '../common/errors/app-error';

/** Waits for a statement on the tables of limits; whatever fails there, nothing may be evaluated: `service-unavailable`. */
export async function inStore<T>(statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('service-unavailable', { reason: 'limits', cause: error });
  }
}
