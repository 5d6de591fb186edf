import { randomUUID } from 'node:crypto';
import { eventually } from './eventually';
import { send } from '../http/http';
import type { Service } from './service';

/** The log of a service, with all that it wrote for answers before this call: it writes in order, but not at once. */
export async function flushedLogs(service: Service): Promise<Record<string, unknown>[]> {
  const id = randomUUID();
  await send(service, 'GET', '/health/live', { headers: { 'X-Request-Id': id } });
  return eventually('the log is written', () => {
    const logs = service.logs();
    return logs.some(({ request_id }) => request_id === id) ? logs : undefined;
  });
}
