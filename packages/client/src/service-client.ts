import { copyOf, INVALID_TOKEN, refusal, type Decision } from './answers';
import { Asker } from './asker';
import { endOfAll } from './cutoff';
import { Deadline } from './deadline';
import { Decider, type Decided } from './decider';
import { AttemptFailure } from './errors';
import { Feed, HEARTBEAT_MS } from './feed';
import { Memory } from './memory';
import type { Settings } from './options';
import { report } from './report';
import { Transport } from './transport';
import type {
  AuthClient,
  AuthMode,
  ServiceVerification,
  TokenKind,
  Verification,
  VerifyOptions,
} from './types';

/** Longer tokens are refused without a request. */
const LONGEST_TOKEN = 16_384;
const DEFAULT_KINDS: readonly TokenKind[] = ['user'];
const KINDS: readonly unknown[] = ['user', 'service'] satisfies TokenKind[];
/** So often an answer is asked for anew that an event has overtaken on its way. */
const MOST_OVERTAKEN = 2;

type Options = VerifyOptions & { readonly accept?: readonly TokenKind[] };

/** Modes `remote` and `cached`. */
export class ServiceClient implements AuthClient {
  readonly mode: AuthMode;
  private readonly transport: Transport;
  private readonly decider: Decider;
  private readonly memory: Memory | undefined;
  private readonly feed: Feed | undefined;
  private readonly closing = endOfAll();

  constructor(private readonly settings: Settings) {
    this.mode = settings.mode;
    this.transport = new Transport(settings);
    const memory =
      settings.mode === 'cached' ? new Memory(settings.maxEntries, settings.maxAgeMs) : undefined;
    this.memory = memory;
    const isOvertaken = ({ token, begun }: { token: string; begun: Decided['begun'] }) =>
      memory?.isOvertaken(token, undefined, begun) ?? false;
    this.decider = new Decider(this.transport, new Asker(this.transport, isOvertaken));
    if (!memory) return;
    this.feed = new Feed(this.transport, memory, (event) => report(settings.hooks.feed, event));
    this.feed.start();
  }

  async verify(token: string, options?: VerifyOptions): Promise<Verification>;
  async verify(
    token: string,
    options: VerifyOptions & { readonly accept: readonly TokenKind[] },
  ): Promise<Verification | ServiceVerification>;
  async verify(token: string, options: Options = {}): Promise<Decision> {
    const begin = this.settings.hooks.verify && performance.now();
    const remembered = this.recall(token, options);
    if (remembered) {
      this.tell(remembered.valid ? 'yes' : 'no', 'memory', begin);
      return copyOf(remembered);
    }
    try {
      const decision = await this.ask(token, options);
      this.tell(decision.valid ? 'yes' : 'no', 'service', begin);
      return copyOf(decision);
    } catch (error) {
      this.tell('undecided', 'service', begin);
      throw error instanceof AttemptFailure ? error.toUnavailable() : error;
    }
  }

  async ready(): Promise<void> {
    try {
      await this.feed?.ready(this.settings.timeoutMs);
    } catch (error) {
      throw error instanceof AttemptFailure ? error.toUnavailable() : error;
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.transport.close();
    this.memory?.clear();
    await this.feed?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What needs no request. */
  private recall(token: string, { fresh, signal, accept }: Options): Verification | undefined {
    if (!this.memory || !this.feed?.isTrusted || fresh || typeof token !== 'string') return undefined;
    if (this.isAborted(signal) || !readAccept(accept).includes('user')) return undefined;
    // What cannot be asked for anew is known until the feed is not trusted.
    const graceMs = this.feed.isSilent ? HEARTBEAT_MS : 0;
    return this.memory.find(token, graceMs);
  }

  private isAborted(signal: AbortSignal | undefined): boolean {
    return this.closing.signal.aborted || signal?.aborted === true;
  }

  private async ask(token: string, options: Options): Promise<Decision> {
    const deadline = new Deadline(options, this.settings.timeoutMs, this.closing.signal);
    const accept = readAccept(options.accept);
    if (this.closing.signal.aborted)
      throw new AttemptFailure('closed', 'the client has been closed', 0, false);
    if (!isAskable(token)) return refusal();
    let fresh = options.fresh ?? false;
    for (let times = 0; ; times++) {
      // Without services it is the service's default, which batches have.
      const asked = { token, fresh, accept: accept.includes('service') ? accept : undefined };
      const decided = await this.decider.decide(asked, deadline);
      if (!this.isOvertaken(token, decided) || times === MOST_OVERTAKEN) return this.keep(token, decided);
      fresh = true;
    }
  }

  private isOvertaken(token: string, { decision, begun }: Decided): boolean {
    if (!this.memory || !decision.valid || decision.user === null) return false;
    return this.memory.isOvertaken(token, decision.user.id, begun);
  }

  private keep(token: string, { decision, begun }: Decided): Decision {
    if (!this.memory || !decision.valid || decision.user === null) return decision;
    if (this.memory.hasEnded(token)) return refusal(INVALID_TOKEN);
    this.memory.store(token, decision, begun);
    return decision;
  }

  private tell(
    outcome: 'yes' | 'no' | 'undecided',
    source: 'memory' | 'service',
    begin: number | undefined,
  ): void {
    if (begin !== undefined)
      report(this.settings.hooks.verify, { outcome, source, ms: performance.now() - begin });
  }
}

/** Whether a text can be a token at all. */
export function isAskable(token: unknown): token is string {
  return typeof token === 'string' && token !== '' && Buffer.byteLength(token) <= LONGEST_TOKEN;
}

function readAccept(accept: readonly TokenKind[] = DEFAULT_KINDS): readonly TokenKind[] {
  const given: unknown = accept;
  if (!Array.isArray(given) || given.length === 0 || !given.every((kind) => KINDS.includes(kind)))
    throw new TypeError('accept must be a list of user and service');
  return accept;
}
