import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath, type ApiResponseOptions } from '@nestjs/swagger';
import { ERROR_CATALOG, type ErrorCode } from '../errors/error-catalog';
import { ProblemDto } from '../errors/problem.dto';

/** Documents the problems that a route answers, one response for each status, with an example for each code. */
export function ApiProblems(...codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => ERROR_CATALOG[code].status))];
  return applyDecorators(
    ApiExtraModels(ProblemDto),
    ...statuses.map((status) => {
      const ofStatus = codes.filter((code) => ERROR_CATALOG[code].status === status);
      return ApiResponse({
        status,
        description: ofStatus.map((code) => ERROR_CATALOG[code].title).join(' · '),
        headers: problemHeaders(status),
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemDto) },
            examples: Object.fromEntries(ofStatus.map((code) => [code, { value: example(code) }])),
          },
        },
      });
    }),
  );
}

function problemHeaders(status: number): ApiResponseOptions['headers'] {
  if (status === 401) {
    return {
      'WWW-Authenticate': { description: 'The challenge of RFC 6750', schema: { type: 'string' as const } },
    };
  }
  if (status === 503) {
    return { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' as const } } };
  }
  return undefined;
}

function example(code: ErrorCode): ProblemDto {
  const { status, title, detail } = ERROR_CATALOG[code];
  return {
    type: `urn:problem-type:promptstack-auth:${code}`,
    title,
    status,
    detail,
    code,
    request_id: '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e',
  };
}
