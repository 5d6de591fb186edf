/** The caller's place in a trace (W3C Trace Context). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the caller records the trace. */
  readonly isSampled: boolean;
}

/** W3C Trace Context section 3.2.2: version, trace id, parent id, flags; later versions may append further fields. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const FIRST_VERSION = '00';
const INVALID_VERSION = 'ff';
const ZEROS = /^0+$/;
const SAMPLED = 1;

/** Reads a `traceparent` header; undefined for anything that is not valid, which the specification says to ignore. */
export function parseTraceParent(header: string | undefined): TraceParent | undefined {
  const match = FORM.exec(header ?? '');
  if (!match) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', rest] = match;
  const isKnownForm = version !== INVALID_VERSION && (version !== FIRST_VERSION || rest === undefined);
  if (!isKnownForm || ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined;
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & SAMPLED) !== 0 };
}
