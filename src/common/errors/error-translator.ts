import type { AppError } from './app-error';

/** Turns a foreign error into ours, or answers undefined when it does not know the error. */
export type ErrorTranslator = (error: unknown) => AppError | undefined;

/** Token of the list of translators, asked in order. */
export const ERROR_TRANSLATORS = Symbol('ERROR_TRANSLATORS');
