import { Logger } from '@nestjs/common';
import type { Context, Span as OpenTelemetrySpan } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TraceParent } from '../common/tracing/trace-parent';
import type { Span, SpanFacts } from '../common/tracing/span';
import type { Tracer } from '../common/tracing/tracing';
import { VERSION } from '../common/version';
import type { TracingConfig } from '../config/tracing.config';

const EXPORT_LIMIT_MS = 5_000;
const EXPORT_INTERVAL_MS = 2_000;
/** Failures are logged at most once in this time. */
const LOG_INTERVAL_MS = 60_000;

type Api = typeof import('@opentelemetry/api');

/** A tracer that exports to the collector of the configuration, and what ends it. Loads OpenTelemetry. */
export async function openTelemetry(
  config: TracingConfig,
): Promise<{ tracer: Tracer; close: () => Promise<void> }> {
  const api = await import('@opentelemetry/api');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { resourceFromAttributes } = await import('@opentelemetry/resources');
  const sdk = await import('@opentelemetry/sdk-trace');
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint?.replace(/\/$/, '')}/v1/traces`,
    headers: config.headers,
    timeoutMillis: EXPORT_LIMIT_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': config.serviceName, 'service.version': VERSION }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.sampleRatio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: logged(exporter), scheduledDelayMillis: EXPORT_INTERVAL_MS }),
    ],
  });
  const tracer = provider.getTracer('promptstack-auth', VERSION);
  const { SERVER: server, CLIENT: client, INTERNAL: internal } = api.SpanKind;
  const kinds = { server, client, internal };
  const start: Tracer['start'] = (name, kind, attributes, parent) => {
    const options = { kind: kinds[kind], attributes: { ...attributes } };
    return new ExportedSpan(tracer.startSpan(name, options, contextOf(parent, api)), api);
  };
  return { tracer: { start }, close: () => provider.shutdown() };
}

class ExportedSpan implements Span {
  readonly traceId: string;

  constructor(
    readonly span: OpenTelemetrySpan,
    private readonly api: Api,
  ) {
    this.traceId = span.spanContext().traceId;
  }

  end(facts: SpanFacts = {}, isFailed = false): void {
    this.span.setAttributes({ ...facts });
    if (isFailed) this.span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    this.span.end();
  }
}

function contextOf(
  parent: Span | TraceParent | undefined,
  { trace, ROOT_CONTEXT, TraceFlags }: Api,
): Context {
  if (parent === undefined) return ROOT_CONTEXT;
  if (parent instanceof ExportedSpan) return trace.setSpan(ROOT_CONTEXT, parent.span);
  if (!('spanId' in parent)) return ROOT_CONTEXT;
  const { traceId, spanId, isSampled } = parent;
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/** An exporter whose failures are in the log, without what the collector answered. */
function logged(exporter: SpanExporter): SpanExporter {
  const logger = new Logger('Tracing');
  let lastLogged = -Infinity;
  return {
    export: (spans: ReadableSpan[], done) =>
      exporter.export(spans, (result) => {
        const now = performance.now();
        if (result.error && now - lastLogged > LOG_INTERVAL_MS) {
          lastLogged = now;
          const { code } = result.error as { code?: unknown };
          logger.warn({ msg: 'traces cannot be exported', cause: result.error.name, code });
        }
        done(result);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
