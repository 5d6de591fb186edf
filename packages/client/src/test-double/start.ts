import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject, parseJson } from '../json';
import { Credentials, ServiceAccount } from './credentials';
import type { Person } from './people';
import { invalid, Refusal } from './problems';
import type { Reply } from './reply';
import { ROUTES, verify, type Asked, type Route } from './routes';
import { State, type SignIn } from './state';
import { Streams } from './streams';

/** What `startTestDouble` takes. */
export interface TestDoubleOptions {
  /** Default: any free port. */
  readonly port?: number;
  readonly people?: readonly Person[];
}

/** A running double of the auth service. */
export interface TestDouble {
  readonly url: string;
  /** A service key with the scope `tokens:validate`. */
  readonly key: string;
  /** Signs a user in without a password; one with an unknown address is made. */
  signIn(email: string): SignIn;
  /** With true, every route answers 503 and the event feed ends. */
  outage(on: boolean): void;
  /** Every answer waits so many milliseconds from now on. */
  delay(ms: number): void;
  /** Ends a session, all sessions of a user, or the session of a token. */
  revoke(what: Revocation): void;
  close(): Promise<void>;
}

/** What to end: one of them. */
export type Revocation = { readonly sid: string } | { readonly uid: string } | { readonly token: string };

const MOST_BYTES: Readonly<Record<string, number>> = {
  '/auth/validate': 1_048_576,
  '/auth/validate/batch': 1_048_576,
};
const USUAL_MOST_BYTES = 16_384;
/** Answered by an open stream. */
const FEED = 'feed';

/** Starts a double of the auth service on the loopback address: everything in memory, nothing of it for production. */
export async function startTestDouble({
  port = 0,
  people = [],
}: TestDoubleOptions = {}): Promise<TestDouble> {
  const double = new Double(people);
  const server = createServer((request, response) => double.answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  double.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: double.url,
    key: double.account.key,
    signIn: (email) => double.state.signIn(email),
    outage: (on) => double.outage(on),
    delay: (ms) => (double.delayMs = ms),
    revoke: (what) => double.revoke(what),
    close: () => {
      double.streams.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

class Double {
  readonly state: State;
  readonly streams = new Streams();
  readonly account = new ServiceAccount();
  url = '';
  delayMs = 0;
  private isOut = false;

  constructor(people: readonly Person[]) {
    this.state = new State(people);
    this.state.onEvent = (event) => this.streams.tell(event);
  }

  outage(on: boolean): void {
    this.isOut = on;
    if (on) this.streams.end();
  }

  revoke(what: Revocation): void {
    if ('sid' in what) this.state.endSession(what.sid);
    else if ('uid' in what) this.state.endUser(what.uid);
    else if (!this.state.endTokenOf({ access: what.token, refresh: what.token }))
      throw new TypeError('not a token of this double');
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const id = randomUUID();
    response.setHeader('X-Request-Id', id);
    this.respond(request, response, url).catch((error: unknown) => {
      if (error instanceof Refusal) send(response, error.toReply(url.pathname, id));
      else response.destroy(error as Error);
    });
  }

  private async respond(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (url.pathname === '/__double') {
      this.control(await readBody(request, url.pathname));
      return send(response, { status: 204 });
    }
    const asked = { state: this.state, url, base: this.url, credentials: this.credentialsOf(request) };
    if (url.pathname === '/auth/verify') {
      await this.wait();
      return send(response, verify({ ...asked, body: {} }));
    }
    const reply = await this.reply(request, asked);
    if (reply === undefined) this.streams.begin(response);
    else send(response, reply);
  }

  /** Undefined for the event feed. */
  private async reply(request: IncomingMessage, asked: Omit<Asked, 'body'>): Promise<Reply | undefined> {
    const { pathname } = asked.url;
    const route = routeOf(request, pathname);
    const body = request.method === 'POST' ? await readBody(request, pathname) : {};
    await this.wait();
    if (route !== FEED) return route({ ...asked, body });
    asked.credentials.requireService();
    if (request.method !== 'HEAD') return undefined;
    return { status: 200, headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } };
  }

  private async wait(): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.isOut) throw new Refusal('service-unavailable');
  }

  private control({ outage, delay_ms: delayMs, revoke }: Readonly<Record<string, unknown>>): void {
    if (outage !== undefined) {
      if (typeof outage !== 'boolean') throw invalid('outage', 'must be true or false');
      this.outage(outage);
    }
    if (delayMs !== undefined) {
      if (typeof delayMs !== 'number' || delayMs < 0)
        throw invalid('delay_ms', 'must be a number of milliseconds');
      this.delayMs = delayMs;
    }
    if (revoke !== undefined) this.revokeAsTold(revoke);
  }

  private revokeAsTold(revoke: unknown): void {
    const names = isObject(revoke)
      ? Object.keys(revoke).filter((name) => /^(sid|uid|token)$/.test(name))
      : [];
    const [name = ''] = names;
    if (names.length !== 1 || typeof (revoke as Record<string, unknown>)[name] !== 'string')
      throw invalid('revoke', 'must have one of sid, uid and token');
    try {
      this.revoke(revoke as Revocation);
    } catch {
      throw invalid('revoke', 'must name a token of this double');
    }
  }

  private credentialsOf(request: IncomingMessage): Credentials {
    return new Credentials(this.account, request.headers.authorization);
  }
}

/** The route of a request; HEAD is that of GET. Throws where there is none. */
function routeOf({ method = 'GET' }: IncomingMessage, path: string): Route | typeof FEED {
  const routes: Readonly<Record<string, Route | typeof FEED>> | undefined =
    path === '/auth/events' ? { GET: FEED } : Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (!routes) throw new Refusal('not-found');
  const route = Object.hasOwn(routes, method) ? routes[method] : undefined;
  const found = method === 'HEAD' ? routes.GET : route;
  if (!found) throw new Refusal('method-not-allowed', undefined, { Allow: Object.keys(routes).join(', ') });
  return found;
}

async function readBody(request: IncomingMessage, path: string): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > (MOST_BYTES[path] ?? USUAL_MOST_BYTES)) throw new Refusal('body-too-large');
    chunks.push(chunk);
  }
  if (bytes === 0 && path === '/auth/logout') return {};
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal('unsupported-media-type');
  const body = parseJson(Buffer.concat(chunks).toString());
  if (!isObject(body)) throw new Refusal('malformed-json');
  return body;
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, {
    ...(text !== undefined && { 'Content-Type': 'application/json; charset=utf-8' }),
    ...headers,
  });
  response.end(text);
}
