import type { Worker } from 'node:cluster';
import { isMetricsMessage, type MetricOfWorker } from '../common/metrics/worker-metrics';

/** Shorter than a scrape waits; whoever has not answered by then is told by its last answer. */
const LIMIT_MS = 1_000;

interface Collection {
  readonly missing: Set<number>;
  readonly finish: () => void;
}

/**
 * Collects the metrics of all workers for the one that is scraped. What workers that have ended had counted stays in the sums: they
 * would go down, which Prometheus takes for a restart of all.
 */
export class WorkersMetrics {
  private readonly latest = new Map<number, readonly MetricOfWorker[]>();
  private readonly ended = new Map<string, MetricOfWorker>();
  private readonly collections = new Map<number, Collection>();
  private next = 0;

  constructor(private readonly running: () => readonly Worker[]) {}

  /** Answers the messages of a worker. */
  serve(worker: Worker): void {
    worker.on('message', (message: unknown) => {
      if (!isMetricsMessage(message)) return;
      if (message.metrics === 'wanted') this.collect(worker, message.id);
      if (message.metrics !== 'answered') return;
      this.latest.set(worker.id, message.own);
      this.settle(message.id, worker.id);
    });
    worker.once('exit', () => this.end(worker.id));
  }

  private collect(asker: Worker, askedAs: number): void {
    const id = this.next++;
    const workers = this.running();
    const finish = () => {
      clearTimeout(timer);
      if (!this.collections.delete(id)) return;
      const all = [[...this.ended.values()], ...this.latest.values()];
      send(asker, { metrics: 'collected', id: askedAs, all });
    };
    const timer = setTimeout(finish, LIMIT_MS);
    this.collections.set(id, { missing: new Set(workers.map((worker) => worker.id)), finish });
    for (const worker of workers) send(worker, { metrics: 'asked', id });
  }

  private settle(id: number, workerId: number): void {
    const collection = this.collections.get(id);
    collection?.missing.delete(workerId);
    if (collection?.missing.size === 0) collection.finish();
  }

  private end(workerId: number): void {
    for (const metric of this.latest.get(workerId) ?? []) {
      if (metric.type === 'gauge') continue;
      const before = this.ended.get(metric.name);
      this.ended.set(metric.name, before ? sumOf(before, metric) : metric);
    }
    this.latest.delete(workerId);
    for (const id of this.collections.keys()) this.settle(id, workerId);
  }
}

function send(worker: Worker, message: object): void {
  if (worker.isConnected()) worker.send(message, () => undefined); // one that ends is not told
}

function sumOf(one: MetricOfWorker, other: MetricOfWorker): MetricOfWorker {
  const values = new Map(one.values.map((value) => [keyOf(value), value]));
  for (const value of other.values) {
    const before = values.get(keyOf(value))?.value ?? 0;
    values.set(keyOf(value), { ...value, value: before + value.value });
  }
  return { ...other, values: [...values.values()] };
}

function keyOf({ metricName, labels }: MetricOfWorker['values'][number]): string {
  return JSON.stringify([metricName, labels]);
}
