import autocannon from 'autocannon';
import type { Target } from './processes';

/** A request that is sent repeatedly. */
export interface Load {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** The body of the next request, where they differ. */
  readonly nextBody?: () => string;
}

const CONNECTIONS = 32;

/** Requests per second that a server answers with 2xx under so many connections; throws when any answer is another. */
export async function throughput(
  target: Target,
  { name, nextBody, ...request }: Load,
  seconds: number,
  connections = CONNECTIONS,
): Promise<number> {
  const result = await autocannon({
    url: target.url + request.path,
    ...request,
    connections,
    duration: seconds,
    ...(nextBody && { requests: [{ setupRequest: (next) => ({ ...next, body: nextBody() }) }] }),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${target.name} failed under ${name}: ${result.non2xx} not 2xx, ${result.errors} errors`);
  }
  return result['2xx'] / result.duration;
}
