/**
 * What workers and their supervisor say to each other about metrics (`node:cluster`): the one that is scraped wants all, the supervisor
 * asks each, and hands the answers over.
 */
export type MetricsMessage =
  | { readonly metrics: 'wanted'; readonly id: number }
  | { readonly metrics: 'asked'; readonly id: number }
  | { readonly metrics: 'answered'; readonly id: number; readonly own: readonly MetricOfWorker[] }
  | { readonly metrics: 'collected'; readonly id: number; readonly all: readonly MetricOfWorker[][] };

/** As prom-client makes it (`getMetricsAsJSON`). */
export interface MetricOfWorker {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator?: string;
  readonly values: readonly ValueOfWorker[];
}

interface ValueOfWorker {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Whether a message between the processes is one of these. */
export function isMetricsMessage(message: unknown): message is MetricsMessage {
  return typeof message === 'object' && message !== null && 'metrics' in message && 'id' in message;
}
