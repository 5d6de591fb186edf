import type { AppError } from './app-error';

/** Translates an error of a library; answers undefined for an unknown one. */
export type ErrorTranslator = (error: unknown) => AppError | undefined;

/** Injection token of the list of translators, tried in order. */
export const ERROR_TRANSLATORS = Symbol('ERROR_TRANSLATORS');
