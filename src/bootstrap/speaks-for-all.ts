import cluster from 'node:cluster';

/** Whether this process says what all workers would say alike: it is the first, or there are none. */
export function speaksForAll(): boolean {
  return cluster.worker === undefined || cluster.worker.id === 1;
}
