import { eventually } from './eventually';
import { send } from '../http/http';

/** A service under the load of hundreds on a busy machine may say "not now" for long. */
const LIMIT_MS = 50_000;

/** Waits until a service says that it is ready. */
export async function untilReady(service: { readonly url: string }): Promise<void> {
  const isReady = async () => (await send(service, 'GET', '/health/ready')).status === 200 || undefined;
  await eventually('the service is ready', isReady, LIMIT_MS);
}
