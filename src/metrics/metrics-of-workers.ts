import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../common/errors/app-error';
import { isMetricsMessage, type MetricOfWorker, type MetricsMessage } from '../common/metrics/worker-metrics';

/** Longer than the supervisor collects. */
const LIMIT_MS = 2_000;

const wanted = new Map<number, (all: readonly MetricOfWorker[][]) => void>();
let next = 0;

/** Answers the supervisor from now on when it asks for the metrics of this worker. */
export function tellSupervisor(own: () => Promise<readonly MetricOfWorker[]>): void {
  process.on('message', (message: unknown) => {
    if (!isMetricsMessage(message)) return;
    if (message.metrics === 'collected') wanted.get(message.id)?.(message.all);
    if (message.metrics !== 'asked') return;
    const { id } = message;
    void own().then((metrics) => send({ metrics: 'answered', id, own: metrics }));
  });
}

/** The metrics of each worker; `service-unavailable` when the supervisor does not tell them. */
export async function metricsOfAll(): Promise<readonly MetricOfWorker[][]> {
  const id = next++;
  const waiting = new AbortController();
  try {
    const collected = new Promise<readonly MetricOfWorker[][]>((resolve) => wanted.set(id, resolve));
    send({ metrics: 'wanted', id });
    const late = sleep(LIMIT_MS, undefined, { signal: waiting.signal, ref: false }).then(() => {
      throw new AppError('service-unavailable', { reason: 'metrics of the workers' });
    });
    late.catch(() => undefined);
    return await Promise.race([collected, late]);
  } finally {
    waiting.abort();
    wanted.delete(id);
  }
}

function send(message: MetricsMessage): void {
  process.send?.(message, undefined, {}, () => undefined); // the supervisor may be gone
}
