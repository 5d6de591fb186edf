import type { Principal } from '../security/principal';

declare global {
  // The declaration merging that @types/express prescribes for members of our own.
  namespace Express {
    interface Request {
      /** Identifies the request in logs and problems. */
      id: string;
      /** Whoever sent it, by the word of trusted proxies; null when the connection is gone. */
      callerAddress: string | null;
      /** The authenticated caller, once the guard has found one; the option `property` of PassportModule names it. */
      principal?: Principal;
    }
    interface Response {
      /** Code of the problem that was answered, for the log. */
      problemCode?: string;
    }
  }
}
