/// <reference lib="esnext.disposable" preserve="true" />
import type { UserContext } from './api-types';

/** What `createAuthClient` takes. */
export interface AuthClientOptions {
  /** Base address of the service, or several: the next one is asked when one fails. */
  readonly url: string | readonly string[];
  /** Service key (`psk_…`) with the scope `tokens:validate`. */
  readonly key?: string;
  /** Default: `cached` with a key, else `remote`. */
  readonly mode?: AuthMode;
  /** Limit of one `verify()`, all attempts together, in milliseconds. Default: 5000. */
  readonly timeoutMs?: number;
  /** Mode `cached`: how many answers are kept; the least recently used one goes first. Default: 10,000. */
  readonly maxEntries?: number;
  /** Mode `cached`: how long an answer is kept, in milliseconds; never beyond the `exp` of its token. Default: 60,000. */
  readonly maxAgeMs?: number;
  /** Required by mode `offline`. */
  readonly offline?: OfflineOptions;
  /** Called for metrics and traces. What they throw is ignored. */
  readonly hooks?: AuthClientHooks;
}

/** How tokens are verified: by asking for each, with answers kept until the service says otherwise, or by public keys alone. */
export type AuthMode = 'remote' | 'cached' | 'offline';

/** What a token must say in mode `offline`. */
export interface OfflineOptions {
  /** `iss`, byte by byte. */
  readonly issuer: string;
  /** A value that `aud` must contain. Default: `aud` is not looked at. */
  readonly audience?: string;
}

/** Verifies tokens of users. */
export interface AuthClient {
  /** How it verifies. */
  readonly mode: AuthMode;
  /**
   * Answers whose token it is, or why it is refused.
   *
   * @throws AuthUnavailableError when it cannot decide; the reason of `signal` when that aborts
   */
  verify(token: string, options?: VerifyOptions): Promise<Verification>;
  verify(
    token: string,
    options: VerifyOptions & { readonly accept: readonly TokenKind[] },
  ): Promise<Verification | ServiceVerification>;
  /**
   * Mode `cached`: waits for the event feed, `offline`: for the keys, at most the client's `timeoutMs`; `remote`: at once.
   *
   * @throws AuthUnavailableError
   */
  ready(): Promise<void>;
  /** Ends the feed and every verification under way. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whose tokens are accepted. */
export type TokenKind = 'user' | 'service';

/** Options of one `verify()`. */
export interface VerifyOptions {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Instead of the client's, in milliseconds. */
  readonly timeoutMs?: number;
  /** Ask the service, whatever memory says. */
  readonly fresh?: boolean;
}

/** A decision about a user's token. In mode `offline` the user has `id`, `email` and `email_verified` only. */
export type Verification =
  | { readonly valid: true; readonly user: UserContext; readonly error: null }
  | { readonly valid: false; readonly user: null; readonly error: string };

/** The token is a service account's. */
export interface ServiceVerification {
  readonly valid: true;
  readonly user: null;
  readonly service: { readonly id: string; readonly name: string; readonly scopes: string[] };
  readonly error: null;
}

/** Called for metrics and traces. */
export interface AuthClientHooks {
  /** After each `verify()`. */
  verify?(event: {
    readonly outcome: 'yes' | 'no' | 'undecided';
    readonly source: 'memory' | 'service' | 'keys';
    readonly ms: number;
  }): void;
  /** Before each request; may add headers such as `traceparent`. */
  request?(event: { readonly url: string; readonly method: string; readonly headers: Headers }): void;
  /** When the head of an answer is there. */
  response?(event: { readonly url: string; readonly status: number; readonly ms: number }): void;
  /** The event feed begins, has been silent for too long, says that events were missed, or ends. */
  feed?(event: { readonly state: 'live' | 'late' | 'reset' | 'ended' }): void;
}

/** What a route asks of a user besides a valid token. All that is named must hold. */
export interface Need {
  /** Id of an active team that the user is a member of. */
  readonly team?: string;
  /** Key of a domain that the user has access to, also by inheritance (`effective_domains`). */
  readonly domain?: string;
  /** Platform role. `user` is what everybody has. */
  readonly role?: 'user' | 'admin';
}
