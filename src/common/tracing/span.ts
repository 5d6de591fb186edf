/** Facts of a span. No secrets, no addresses of users, no parameters of statements. */
export type SpanFacts = Readonly<Record<string, string | number | undefined>>;

/** A measured piece of work, part of a trace. */
export interface Span {
  readonly traceId: string;
  /** Ends it, once; `isFailed` marks it as an error. */
  end(facts?: SpanFacts, isFailed?: boolean): void;
}
