import { boolean, integer } from './rules';
import type { Runtime } from './runtime.config';
import { setting, sliceOf, type ValuesOf } from './setting';

export const METRICS_SETTINGS = {
  enabled: setting(
    'AUTH_METRICS',
    boolean.optional(),
    'Serves `/metrics` for Prometheus. Unset: `false` in production, else `true`',
  ),
  port: setting(
    'AUTH_METRICS_PORT',
    integer(1, 65_535).optional(),
    'Port of a listener of its own for `/metrics`, which the main port then does not serve; opens nothing while `AUTH_METRICS` is false. Unset: none',
  ),
};

type MetricsValues = ReturnType<typeof metricsValues>;

/** Where metrics are served. */
export class MetricsConfig extends sliceOf<MetricsValues>() {}

/** Adds the default that depends on the environment. */
export function metricsValues(
  { enabled, port }: ValuesOf<typeof METRICS_SETTINGS>,
  { environment }: Runtime,
) {
  return { enabled: enabled ?? environment !== 'production', port };
}

/** Rules between settings. */
export function metricsFaults({ port }: ValuesOf<typeof METRICS_SETTINGS>, mainPort: number): string[] {
  return port !== undefined && port === mainPort ? ['AUTH_METRICS_PORT must not be PORT'] : [];
}

/** A port that has no effect. */
export function metricsWarnings(values: ValuesOf<typeof METRICS_SETTINGS>, runtime: Runtime): string[] {
  return values.port !== undefined && !metricsValues(values, runtime).enabled
    ? ['AUTH_METRICS_PORT has no effect while AUTH_METRICS is false']
    : [];
}
