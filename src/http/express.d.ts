import type { Principal } from '../security/principal';

declare global {
  // The declaration merging that @types/express prescribes for members of our own.
  namespace Express {
    interface Request {
      /** Identifies the request in logs and problems. */
      id: string;
      /** Whoever sent it, by the word of trusted proxies; null when the connection is gone. */
      callerAddress: string | null;
    }
    interface Response {
      /** Code of the problem that was answered, for the log. */
      problemCode?: string;
    }
    // Passport puts the principal at `request.user`.
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merging needs an interface
    interface User extends Principal {}
  }
}
