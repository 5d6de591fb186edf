import type { ServerResponse } from 'node:http';
import { PROBLEM_MEDIA_TYPE, type Problem } from './problem';

/** Answers a request of node:http. */
export function sendProblem(response: ServerResponse, { status, headers, body }: Problem): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.setHeader('Content-Type', PROBLEM_MEDIA_TYPE);
  response.end(JSON.stringify(body));
}
