/** An answer, read whole. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON, else undefined. */
  readonly body: Body;
  readonly text: string;
}

/** What goes with a request; its `signal` ends the wait for the answer. */
export interface SendOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Sends a request to a service; an object body is sent as JSON. */
export async function send<Body = Record<string, unknown>>(
  service: { readonly url: string },
  method: string,
  path: string,
  { body, headers = {}, signal }: SendOptions = {},
): Promise<Answer<Body>> {
  const response = await fetch(service.url + path, {
    method,
    headers: { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers },
    ...(signal && { signal }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test((response.headers.get('content-type') ?? '').replace('x-ndjson', ''));
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson && text !== '' ? JSON.parse(text) : undefined) as Body,
    text,
  };
}

/** The header that carries a token. */
export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}
