import type { Span } from '../common/tracing/span';
import type { TraceParent } from '../common/tracing/trace-parent';
import type { Principal } from '../security/principal';

declare global {
  // The declaration merging that @types/express prescribes for members of our own.
  namespace Express {
    interface Request {
      /** Identifies the request in logs and problems. */
      id: string;
      /** The client's address, as told by trusted proxies; null when the connection is gone. */
      callerAddress: string | null;
      /** The caller's place in a trace, as told by a trusted proxy. */
      traceParent?: TraceParent;
      /** The span of this request, where traces are exported. */
      span?: Span;
      /** The authenticated caller, set by the guard; the option `property` of PassportModule names this member. */
      principal?: Principal;
      /** The same for the log, where a lane ahead of the guard has authenticated it. */
      callerOfLane?: { readonly user_id: string; readonly auth_method: string };
      /** The body, where a lane has read it. */
      bodyBytes?: Buffer;
      /** What a lane has come to, for the pipeline to answer. */
      laneError?: { readonly error: unknown; readonly route: string };
    }
    interface Response {
      /** Code of the problem in the response, for the log. */
      problemCode?: string;
    }
  }
}
