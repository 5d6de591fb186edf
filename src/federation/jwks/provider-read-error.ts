/** Why a document of a provider could not be read, in one word for logs and alerts. */
export type ReadFailure =
  | 'name'
  | 'connection'
  | 'tls'
  | 'timeout'
  | 'proxy'
  | 'redirect'
  | 'status'
  | 'size'
  | 'json'
  | 'form'
  | 'issuer';

/** A provider's document could not be read or accepted. The message is for the log and never quotes the body. */
export class ProviderReadError extends Error {
  override readonly name = 'ProviderReadError';
  /** The address requested, without credentials and query. */
  readonly url: string;

  constructor(
    readonly failure: ReadFailure,
    url: string,
    readonly detail: string,
    /** What the provider answered, if it did. */
    readonly answer: { readonly status?: number; readonly location?: string } = {},
  ) {
    const shown = showUrl(url);
    super(`${failure}: ${shown} ${detail}`);
    this.url = shown;
  }
}

/** An address for the log, without credentials and query, which may hold secrets. */
export function showUrl(url: string): string {
  if (!URL.canParse(url)) return 'an address that cannot be parsed';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

const NAME_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);
const TLS_CODES =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|HOSTNAME_MISMATCH|PATH_LENGTH_|INVALID_PURPOSE)/;

/** The failure of a request by its cause: `fetch` itself only says that it failed. */
export function requestFailure(error: unknown, url: string): ProviderReadError {
  const causes = causesOf(error);
  const proxy = causes.find(({ message }) => /^proxy /i.test(message)); // as undici words it
  if (proxy) return new ProviderReadError('proxy', url, `cannot be reached: ${proxy.message}`);
  if (causes.some(({ name }) => name === 'TimeoutError' || name === 'AbortError')) {
    return new ProviderReadError('timeout', url, 'did not answer in time');
  }
  const [cause] = causes.filter(({ code }) => code !== undefined).slice(-1);
  const code = cause?.code ?? 'unknown';
  const detail = `cannot be reached: ${cause?.message || 'the connection failed'} (${code})`;
  if (NAME_CODES.has(code)) return new ProviderReadError('name', url, detail);
  return new ProviderReadError(TLS_CODES.test(code) ? 'tls' : 'connection', url, detail);
}

interface Cause {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

/** An error and its causes, outermost first. */
function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let at = error; at instanceof Error && causes.length < 10; at = innerOf(at)) {
    const { code } = at as { code?: unknown };
    causes.push({
      name: at.name,
      message: at.message,
      code: typeof code === 'string' ? code : undefined,
    });
  }
  return causes;
}

/** Node tries every address of a host name and reports all failures together. */
function innerOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors.at(-1) : error.cause;
}
