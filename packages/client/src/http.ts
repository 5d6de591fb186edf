import type { IncomingMessage, ServerResponse } from 'node:http';
import { authenticate } from './adapters/authenticate';
import { checkNeed } from './adapters/need';
import { sendProblem } from './adapters/send-problem';
import type { UserContext } from './api-types';
import type { AuthClient, Need } from './types';

/**
 * Lets a handler of node:http answer to users only.
 *
 * @param need what the user must have besides a valid token
 */
export function withUser(
  client: AuthClient,
  handler: (request: IncomingMessage, response: ServerResponse, user: UserContext) => void,
  need: Need = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  checkNeed(client, need);
  return (request, response) => {
    authenticate(client, request, need).then(
      ({ user, problem }) => {
        if (user) handler(request, response, user);
        else sendProblem(response, problem);
      },
      () => {
        response.statusCode = 500;
        response.end();
      },
    );
  };
}
