import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ERROR_TRANSLATORS, type ErrorTranslator } from './common/errors/error-translator';
import { translateHttpError } from './common/errors/http-error-translator';
import { ProblemDetailsFilter } from './common/errors/problem-details.filter';
import { translateDatabaseError } from './database/postgres-errors';

const translators: readonly ErrorTranslator[] = [translateDatabaseError, translateHttpError];

/** One filter for every error, and those who know foreign errors. */
@Module({
  providers: [
    { provide: ERROR_TRANSLATORS, useValue: translators },
    { provide: APP_FILTER, useClass: ProblemDetailsFilter },
  ],
})
export class ErrorsModule {}
