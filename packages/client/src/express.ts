import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate } from './adapters/authenticate';
import { checkNeed } from './adapters/need';
import { sendProblem } from './adapters/send-problem';
import type { UserContext } from './api-types';
import type { AuthClient, Need } from './types';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way to tell Express what a request has
  namespace Express {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as @types/passport declares it
    interface User extends UserContext {}
    interface Request {
      user?: User | undefined;
    }
  }
}

/**
 * Middleware that lets users pass, with `req.user`, and answers everybody else.
 *
 * @param need what the user must have besides a valid token
 */
export function requireUser(
  client: AuthClient,
  need: Need = {},
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  checkNeed(client, need);
  return (request, response, next) => {
    authenticate(client, request, need).then(({ user, problem }) => {
      if (!user) return sendProblem(response, problem);
      Object.assign(request, { user });
      next();
    }, next);
  };
}
