import type { EgressProxy } from '../../config/federation.config';
import { decodeText } from '../../common/text-file';
import { ProviderReadError, requestFailure, showUrl } from './provider-read-error';

const MAX_BYTES = 1024 * 1024;
const HEADERS = { Accept: 'application/json' };

/** The part of a response that is used, common to the built-in `fetch` and that of undici. */
interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

type Fetch = (
  url: string,
  options: { redirect: 'manual'; signal: AbortSignal; headers: Record<string, string> },
) => Promise<Answer>;

/** Fetches documents of providers, through the configured egress proxy if there is one. */
export class ProviderHttp {
  private readonly proxied = new Map<string, Promise<Fetch>>();

  constructor(private readonly proxy: EgressProxy | undefined) {}

  /**
   * Reads a JSON document: follows no redirects, reads at most 1 MiB after decompression, and stops when the signal aborts, from
   * name resolution to the last byte. Throws a `ProviderReadError` that names the cause and does not quote the body. An access
   * token goes along as a bearer token (RFC 6750 section 2.1).
   */
  async json(url: string, signal: AbortSignal, accessToken?: string): Promise<unknown> {
    const bytes = await this.read(url, signal, accessToken);
    try {
      return JSON.parse(decodeText(bytes)); // a static file may have been saved by any editor
    } catch {
      throw new ProviderReadError('json', url, 'answered with something else than JSON');
    }
  }

  private async read(url: string, signal: AbortSignal, accessToken?: string): Promise<Buffer> {
    try {
      const answer = await this.request(url, signal, accessToken);
      if (answer.status === 200) return await readBytes(answer, url);
      await answer.body?.cancel();
      throw unwanted(answer, url);
    } catch (error) {
      throw error instanceof ProviderReadError ? error : requestFailure(error, url);
    }
  }

  private async request(url: string, signal: AbortSignal, accessToken?: string): Promise<Answer> {
    const { protocol } = new URL(url);
    const proxy = protocol === 'https:' ? this.proxy?.https : this.proxy?.http;
    const get: Fetch = proxy === undefined ? fetch : await this.fetchThrough(proxy);
    const headers =
      accessToken === undefined ? HEADERS : { ...HEADERS, Authorization: `Bearer ${accessToken}` };
    // Not followed, so that the log can name the target.
    return get(url, { redirect: 'manual', signal, headers });
  }

  private fetchThrough(proxy: string): Promise<Fetch> {
    const get = this.proxied.get(proxy) ?? proxiedFetch(proxy, this.proxy?.none ?? '');
    this.proxied.set(proxy, get);
    return get;
  }
}

/** Imported lazily: undici takes 20 MB, needed only with a proxy. */
async function proxiedFetch(proxy: string, noProxy: string): Promise<Fetch> {
  const { EnvHttpProxyAgent, fetch: get } = await import('undici');
  // Plain http is forwarded without a tunnel: few proxies allow CONNECT to port 80.
  const proxies = { httpProxy: proxy, httpsProxy: proxy, noProxy, proxyTunnel: false };
  const dispatcher = new EnvHttpProxyAgent(proxies);
  return (url, options) => get(url, { ...options, dispatcher });
}

function unwanted({ status, headers }: Answer, url: string): ProviderReadError {
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null) {
    const target = URL.canParse(location, url) ? new URL(location, url).href : undefined;
    const shown = target === undefined ? 'no address' : showUrl(target);
    return new ProviderReadError('redirect', url, `answered ${status}, a redirect to ${shown}`, {
      status,
      ...(target !== undefined && { location: target }),
    });
  }
  return new ProviderReadError('status', url, `answered ${status}`, { status });
}

async function readBytes({ body }: Answer, url: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new ProviderReadError('size', url, `answered more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
