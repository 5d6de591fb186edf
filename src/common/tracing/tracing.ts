import { currentRequest } from '../request-scope';
import type { Span, SpanFacts } from './span';
import type { TraceParent } from './trace-parent';

/** The kind of a span: work for a caller, a call to another server, or a step of our own. */
export type SpanKind = 'server' | 'client' | 'internal';

/** Makes spans; there is one only where traces are exported (`src/tracing/`). */
export interface Tracer {
  start(name: string, kind: SpanKind, facts: SpanFacts, parent: Span | TraceParent | undefined): Span;
}

let tracer: Tracer | undefined;

/** Begins to trace with a tracer, or stops with undefined. */
export function traceWith(next: Tracer | undefined): void {
  tracer = next;
}

/** Starts the span of a request; undefined where nothing is traced. */
export function startRequestSpan(
  name: string,
  facts: SpanFacts,
  parent: TraceParent | undefined,
): Span | undefined {
  return tracer?.start(name, 'server', facts, parent);
}

/** Starts a span of the current request; undefined where it is not traced, and for background work. */
export function startSpan(name: string, kind: SpanKind, facts: SpanFacts): Span | undefined {
  const parent = tracer && currentRequest()?.span;
  return parent && tracer?.start(name, kind, facts, parent);
}

/** Runs work within a span of the current request; of none for background work. */
export async function traced<T>(
  name: string,
  kind: SpanKind,
  facts: SpanFacts,
  work: () => Promise<T>,
): Promise<T> {
  if (tracer === undefined) return work();
  const span = tracer.start(name, kind, facts, currentRequest()?.span);
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    // The message may quote input.
    span.end({ 'error.type': error instanceof Error ? error.name : 'unknown' }, true);
    throw error;
  }
}
