import { parsed, plainUrl, text } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';

/** The names are those of OpenTelemetry. */
export const TRACING_SETTINGS = {
  endpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    plainUrl('http:', 'https:').optional(),
    'Base URL of an OpenTelemetry collector, such as `http://collector:4318`: traces go to `/v1/traces` below it. Unset: no traces',
  ),
  headers: secret(
    'OTEL_EXPORTER_OTLP_HEADERS',
    parsed(headers).optional(),
    'Headers for the collector: `name=value`, comma-separated, values percent-encoded',
  ),
  serviceName: setting(
    'OTEL_SERVICE_NAME',
    text.default('promptstack-auth'),
    'Name of the service in traces',
  ),
  sampleRatio: setting(
    'OTEL_TRACES_SAMPLER_ARG',
    parsed(ratio).default(1),
    'Share of the traces to record, from 0 to 1; a caller that a trusted proxy passes on decides for its own',
  ),
};

/** Where traces go. */
export class TracingConfig extends sliceOf<ValuesOf<typeof TRACING_SETTINGS>>() {}

function ratio(value: string): number {
  const share = /^\d(?:\.\d{1,9})?$/.test(value) ? Number(value) : NaN;
  if (!(share <= 1)) throw new Error('must be a number from 0 to 1');
  return share;
}

function headers(value: string): Record<string, string> {
  const entries = value.split(',').map((part) => /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([^\s;]*)\s*$/.exec(part));
  return Object.fromEntries(
    entries.map((match) => {
      if (!match) throw new Error('must be name=value pairs, comma-separated, with percent-encoded values');
      return [match[1]!, decode(match[2]!)];
    }),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new Error('must have percent-encoded values');
  }
}
