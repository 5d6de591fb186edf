import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ERROR_TRANSLATORS, type ErrorTranslator } from '../../common/errors/error-translator';
import { RouteTable } from '../route-table';
import { translateHttpError } from './http-error-translator';
import { ProblemDetailsFilter, PROBLEM_OBSERVER, type ProblemObserver } from './problem-details.filter';

/** What other rooms add to the answer of errors. */
interface ProblemsOptions {
  /** They know the errors of libraries. */
  readonly translators: readonly ErrorTranslator[];
  /** Is told of each error that is answered. */
  readonly observer: Pick<FactoryProvider<ProblemObserver>, 'inject' | 'useFactory'>;
}

/** One filter for every error. */
@Module({})
export class ProblemsModule {
  static forRoot({ translators, observer }: ProblemsOptions): DynamicModule {
    return {
      module: ProblemsModule,
      providers: [
        RouteTable,
        { provide: ERROR_TRANSLATORS, useValue: [...translators, translateHttpError] },
        { provide: PROBLEM_OBSERVER, ...observer },
        { provide: APP_FILTER, useClass: ProblemDetailsFilter },
      ],
      exports: [RouteTable],
    };
  }
}
