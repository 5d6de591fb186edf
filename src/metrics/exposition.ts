import cluster from 'node:cluster';
import type { Registry } from 'prom-client';
import { instruments, type Instrument } from '../common/metrics/instruments';
import type { MetricOfWorker } from '../common/metrics/worker-metrics';
import { metricsOfAll, tellSupervisor } from './metrics-of-workers';

/** The text format of Prometheus. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Gauges whose names end with `_total`, which `promtool check metrics` refuses. */
const LEFT_OUT = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

let registry: Promise<Registry> | undefined;

/**
 * Every declared instrument, and those of the process, in the text format of Prometheus; of all workers together where there are
 * several. The first call loads prom-client and begins to measure the delay of the event loop.
 */
export async function exposition(): Promise<string> {
  if (!cluster.isWorker) return (await ownRegistry()).metrics();
  const { AggregatorRegistry } = await import('prom-client');
  return AggregatorRegistry.aggregate((await metricsOfAll()) as object[]).metrics();
}

/** To be called once by a process that serves: as a worker it tells its metrics whenever another is scraped. */
export function shareMetrics(): void {
  if (cluster.isWorker)
    tellSupervisor(
      async () => (await (await ownRegistry()).getMetricsAsJSON()) as unknown as MetricOfWorker[],
    );
}

function ownRegistry(): Promise<Registry> {
  return (registry ??= createRegistry());
}

async function createRegistry(): Promise<Registry> {
  const { collectDefaultMetrics, Registry } = await import('prom-client');
  const made = new Registry();
  collectDefaultMetrics({ register: made });
  for (const name of LEFT_OUT) made.removeSingleMetric(name);
  for (const instrument of instruments()) made.registerMetric(asMetric(instrument));
  return made;
}

type Metric = Parameters<Registry['registerMetric']>[0];

/** A registry reads from a metric its name, and `get()` at each scrape; its type asks for one of the library's own classes. */
function asMetric(instrument: Instrument): Metric {
  const { name, help, type } = instrument;
  const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: instrument.samples() });
  return { name, get } as unknown as Metric;
}
