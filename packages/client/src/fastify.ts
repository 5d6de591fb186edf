import type { FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from './adapters/authenticate';
import { checkNeed } from './adapters/need';
import { PROBLEM_MEDIA_TYPE } from './adapters/problem';
import type { UserContext } from './api-types';
import type { AuthClient, Need } from './types';

declare module 'fastify' {
  interface FastifyRequest {
    user: UserContext;
  }
}

/**
 * An onRequest hook that lets users pass, with `request.user`, and answers everybody else.
 *
 * @param need what the user must have besides a valid token
 */
export function requireUser(
  client: AuthClient,
  need: Need = {},
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  checkNeed(client, need);
  return async (request, reply) => {
    const { user, problem } = await authenticate(client, request.raw, need);
    if (user) {
      request.user = user;
      return;
    }
    const { status, headers, body } = problem;
    await reply.code(status).headers(headers).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(body));
  };
}
