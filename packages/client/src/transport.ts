import { BaseAddress } from './base-address';
import { Cutoff, endOfAll } from './cutoff';
import { AttemptFailure } from './errors';
import { isObject, parseJson } from './json';
import type { Settings } from './options';
import { report } from './report';
import { isTooOld, OLDEST_SERVICE, VERSION } from './version';

/** No answer about the version is waited for longer. */
const VERSION_LIMIT_MS = 1_000;
/** An answer with more is none of the service. */
const MOST_BYTES = 32 * 1024 * 1024;
const RETRIED_STATUSES = [408, 425, 429];

/** What to send. */
export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends requests to the base addresses. */
export class Transport {
  readonly bases: readonly BaseAddress[];
  private readonly closing = endOfAll();

  constructor(private readonly settings: Settings) {
    this.bases = settings.urls.map((url) => new BaseAddress(url));
  }

  /** Ends all requests. */
  close(): void {
    this.closing.abort();
  }

  /** Milliseconds until an address may be asked; 0: now. */
  get openMs(): number {
    return Math.min(...this.bases.map(({ openMs }) => openMs));
  }

  /** The address to ask next. */
  pick(): BaseAddress {
    const closed = this.bases.filter(({ openMs }) => openMs === 0);
    const [first] = this.bases as readonly [BaseAddress];
    return closed.find(({ isAvoided }) => !isAvoided) ?? closed[0] ?? first;
  }

  /** Asks an address for JSON. Throws an AttemptFailure unless the answer is 200. */
  async ask(base: BaseAddress, outgoing: Outgoing, limitMs: number): Promise<unknown> {
    await this.checkVersion(base);
    const cutoff = this.cutoff().within(limitMs);
    try {
      const response = await this.open(base, outgoing, cutoff.signal);
      const text = await readText(response);
      if (response.status !== 200) throw unlike200(response);
      return parseJson(text);
    } catch (error) {
      const failure = toFailure(error, cutoff);
      if (countsAsFailure(failure)) base.failed();
      throw failure;
    } finally {
      cutoff.release();
    }
  }

  /** What ends a request. */
  cutoff(): Cutoff {
    return new Cutoff(this.closing.signal);
  }

  /** Sends a request and answers when the head of the answer is there; the signal ends the body too. */
  async open(base: BaseAddress, { method, path, body, headers: more }: Outgoing, signal: AbortSignal) {
    const url = base.url + path;
    const headers = new Headers({ 'User-Agent': `promptstack-auth-client/${VERSION}`, ...more });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    report(this.settings.hooks.request, { url, method, headers });
    if (this.settings.key !== undefined && path !== '/health')
      headers.set('Authorization', `Bearer ${this.settings.key}`); // behind the hook, which may log what it sees
    const begin = performance.now();
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual', // the key goes nowhere else
      signal,
      ...(body !== undefined && { body }),
    });
    report(this.settings.hooks.response, { url, status: response.status, ms: performance.now() - begin });
    return response;
  }

  /** Throws when the service is older than this package needs. A version that cannot be read is not looked at. */
  async checkVersion(base: BaseAddress): Promise<void> {
    const known = base.tooOld;
    if (known === 'unknown')
      base.checking ??= this.readVersion(base).finally(() => (base.checking = undefined));
    const version = known === 'unknown' ? await base.checking : known.version;
    if (version === undefined) return;
    const detail = `the auth service has version ${version}; this client needs ${OLDEST_SERVICE} or newer`;
    throw new AttemptFailure('incompatible', detail, 0, false);
  }

  private async readVersion(base: BaseAddress): Promise<string | undefined> {
    const cutoff = this.cutoff().within(VERSION_LIMIT_MS);
    try {
      const response = await this.open(base, { method: 'GET', path: '/health' }, cutoff.signal);
      const body = parseJson(await readText(response));
      if (!isObject(body) || typeof body.version !== 'string') return undefined;
      const tooOld = isTooOld(body.version) ? body.version : undefined;
      base.notes(tooOld);
      return tooOld;
    } catch {
      return undefined; // the request itself will tell what is wrong
    } finally {
      cutoff.release();
    }
  }
}

/** What an answer other than 200 means. */
export function unlike200({ status, headers }: Response): AttemptFailure {
  if (status === 401 || status === 403) {
    const cause = status === 401 ? 'does not accept the service key' : 'says that the key has not the scope';
    return new AttemptFailure('credential', `the auth service ${cause} (${status})`, 0, false);
  }
  const wait = /^\d{1,5}$/.exec(headers.get('Retry-After') ?? '')?.[0];
  const again = status >= 500 || RETRIED_STATUSES.includes(status);
  return new AttemptFailure('service', `the auth service answered ${status}`, Number(wait ?? 0), again);
}

/** The failure that an error of a request means: nothing of the error itself is passed on. */
export function toFailure(error: unknown, cutoff: Cutoff): AttemptFailure {
  if (error instanceof AttemptFailure) return error;
  if (cutoff.isClosed) return new AttemptFailure('closed', 'the client has been closed', 0, false);
  if (cutoff.isLate) return new AttemptFailure('timeout', 'the auth service did not answer in time');
  const code = /^[A-Z][A-Z_]+$/.exec(errorCode(error))?.[0];
  return new AttemptFailure('network', `the auth service cannot be reached${code ? ` (${code})` : ''}`);
}

async function readText(response: Response): Promise<string> {
  if (Number(response.headers.get('Content-Length') ?? 0) > MOST_BYTES) {
    await response.body?.cancel();
    throw new AttemptFailure('service', 'the answer is too large');
  }
  return response.text();
}

function countsAsFailure({ reason, again }: AttemptFailure): boolean {
  return again && reason !== 'closed';
}

function errorCode(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return '';
  return typeof cause.code === 'string' ? cause.code : '';
}
