import { getSchemaPath, type ExampleObject, type HeadersObject, type ResponseObject } from '@nestjs/swagger';
import { ERROR_CATALOG, wireCodeOf, type ErrorCode } from '../../common/errors/error-catalog';
import { ProblemDto, type InputFaultDto } from '../problems/problem.dto';

/** A problem of a route: its code, or the code with an example of the route's own detail. */
export type DocumentedProblem =
  ErrorCode | { readonly code: ErrorCode; readonly detail: string; readonly errors?: InputFaultDto[] };

/** The problems of an invalid JSON body; `fault` is an example of an invalid field. */
export function bodyProblems(fault: InputFaultDto): DocumentedProblem[] {
  const detail = `${fault.pointer.slice(2)} ${fault.detail}`;
  return [
    { code: 'invalid-input', detail, errors: [fault] },
    'malformed-json',
    'body-too-large',
    'unsupported-media-type',
  ];
}

/** One response for each status, with an example for each code. */
export function problemResponses(given: readonly DocumentedProblem[]): Record<number, ResponseObject> {
  const problems = [...new Set(given)];
  const statuses = [...new Set(problems.map(statusOf))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      response(
        status,
        problems.filter((each) => statusOf(each) === status),
      ),
    ]),
  );
}

function response(status: number, problems: readonly DocumentedProblem[]): ResponseObject {
  const examples = problems.map((problem) => [
    wireCodeOf(codeOf(problem)),
    { summary: titleOf(problem), value: example(problem) },
  ]);
  return {
    description: problems.map(titleOf).join(' · '),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemDto) },
        examples: Object.fromEntries(examples) as Record<string, ExampleObject>,
      },
    },
  };
}

/** The header of every 429 and 503. */
export const RETRY_AFTER_HEADER = {
  'Retry-After': {
    description: 'Seconds to wait before a retry',
    required: true,
    schema: { type: 'integer', minimum: 0 },
    example: 2,
  },
} satisfies HeadersObject;

const HEADERS: Readonly<Record<number, HeadersObject>> = {
  401: {
    'WWW-Authenticate': {
      description: 'The challenge of RFC 6750 section 3',
      required: true,
      schema: { type: 'string' },
      example: 'Bearer realm="promptstack-auth"',
    },
  },
  429: {
    ...RETRY_AFTER_HEADER,
    RateLimit: {
      description: 'The limit that was reached, and the seconds until it allows more',
      required: true,
      schema: { type: 'string' },
      example: '"account";r=0;t=8',
    },
    'RateLimit-Policy': {
      description: 'What the limit allows (`q`) within its window (`w`, in seconds)',
      required: true,
      schema: { type: 'string' },
      example: '"account";q=10;w=600',
    },
  },
  503: RETRY_AFTER_HEADER,
};

function codeOf(problem: DocumentedProblem): ErrorCode {
  return typeof problem === 'string' ? problem : problem.code;
}

function statusOf(problem: DocumentedProblem): number {
  return ERROR_CATALOG[codeOf(problem)].status;
}

function titleOf(problem: DocumentedProblem): string {
  return ERROR_CATALOG[codeOf(problem)].title;
}

function example(problem: DocumentedProblem): ProblemDto {
  const code = codeOf(problem);
  const { status, title, detail } = ERROR_CATALOG[code];
  return {
    type: `urn:problem-type:promptstack-auth:${wireCodeOf(code)}`,
    title,
    status,
    detail,
    ...(typeof problem === 'object' && problem),
    code: wireCodeOf(code),
    request_id: '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e',
  };
}
