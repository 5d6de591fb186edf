import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse } from '@nestjs/swagger';
import { ProblemDto } from '../problems/problem.dto';
import { problemResponses, type DocumentedProblem } from './problem-response';

/**
 * Documents the problems of a route. Those of a method replace those of its class with the same status.
 */
export function ApiProblems(...problems: readonly DocumentedProblem[]) {
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...Object.entries(problemResponses(problems)).map(([status, response]) =>
      ApiResponse({ ...response, status: Number(status) }),
    ),
  );
}
