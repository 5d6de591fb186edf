import { eventually } from './eventually';
import { send } from './http';

/** Waits until a service says that it is ready. */
export async function untilReady(service: { readonly url: string }): Promise<void> {
  await eventually('the service is ready', async () =>
    (await send(service, 'GET', '/health/ready')).status === 200 ? true : undefined,
  );
}
