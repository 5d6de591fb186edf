import type { Request, Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onBehalfOf, RequestScope } from '../common/request-scope';
import type { Lane } from '../http/http-server-adapter';
import { parseJson } from '../http/json-body';
import { readPlainRequest, type PlainRequest } from '../http/plain-request';
import type { RequestLog } from '../http/request-context';
import { apiHeaders } from '../http/security-headers';
import { MAX_BODY_BYTES } from '../http/body-buffer';
import { tokenRefusal } from '../tokens/access-tokens';
import { MAX_BATCH_BYTES, MAX_TOKENS } from './dto/validate-batch.dto';
import { validateJson } from './dto/validate-response.dto';
import type { TokenValidationService } from './token-validation.service';
import { verifyHeaders } from './verify/verify-headers';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the lane needs of the application. */
export interface TokenLaneOptions {
  readonly tokens: TokenValidationService;
  readonly log: RequestLog;
  readonly requestTimeoutMs: number;
  /** Whether all routes but `/auth/me` want a credential of the caller; they are then left to the pipeline. */
  readonly requiresCredential: boolean;
}

/** A request that the lane answers. */
interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly route: string;
  readonly pipeline: Handler;
}

const VALIDATE = '/auth/validate';
const BATCH = '/auth/validate/batch';
const VERIFY = '/auth/verify';
const ME = '/auth/me';

const JSON_TYPES = new Set(['application/json', 'application/json; charset=utf-8']);
/** A body with a token and nothing else, in characters that need no escape. */
const ONLY_TOKEN = /^\s*\{\s*"token"\s*:\s*"([\w.-]*)"\s*\}\s*$/;
const BEARER = /^Bearer ([\w.-]+)$/i;
/** Headers of every answer, as `writeHead` takes them. */
const COMMON_HEADERS = [...apiHeaders(), ['Vary', 'Origin']].flat();

/**
 * Answers plain requests for `POST /auth/validate`, its batch, `/auth/verify` and `GET /auth/me` ahead of Express, which takes several
 * times as long as an answer from memory. It decides with the services of the controllers, which stay the definition of the
 * routes: whatever is not plain, and every error, is left to the pipeline.
 */
export function tokenLane(options: TokenLaneOptions): Lane {
  return new TokenLane(options).handle;
}

class TokenLane {
  constructor(private readonly options: TokenLaneOptions) {}

  readonly handle: Lane = (request, response, pipeline) => {
    const { method, url } = request;
    const isPost = method === 'POST' && (url === VALIDATE || url === BATCH);
    if (!isPost && !isGetOfLane(method, url)) return false;
    if (this.options.requiresCredential && url !== ME) return false;
    const plain = readPlainRequest(request);
    if (plain === undefined) return false;
    const exchange = { request: request as Request, response: response as Response, route: url, pipeline };
    return isPost ? this.post(exchange, plain) : this.get(exchange, plain);
  };

  private post(exchange: Exchange, plain: PlainRequest): boolean {
    const { contentLength, contentType } = plain;
    const maxBytes = exchange.route === BATCH ? MAX_BATCH_BYTES : MAX_BODY_BYTES;
    if (contentLength === 0 || contentLength > maxBytes || !JSON_TYPES.has(contentType ?? '')) return false;
    this.open(exchange, plain);
    readAll(exchange.request, (bytes) => {
      if (exchange.route === BATCH) this.batch(exchange, bytes);
      else this.validate(exchange, bytes);
    });
    return true;
  }

  private validate(exchange: Exchange, bytes: Buffer): void {
    const token = ONLY_TOKEN.exec(bytes.toString('latin1'))?.[1];
    if (token === undefined) return this.stepAside(exchange, bytes);
    const known = this.options.tokens.recall(token);
    if (known) return this.answer(exchange, validateJson({ user: known }));
    this.decide(exchange, async () =>
      this.answer(exchange, validateJson(await this.options.tokens.validate(token))),
    );
  }

  private batch(exchange: Exchange, bytes: Buffer): void {
    const tokens = tokensOf(bytes);
    if (tokens === undefined) return this.stepAside(exchange, bytes);
    this.decide(exchange, async () => {
      const validations = await this.options.tokens.validateAll(tokens);
      this.answer(exchange, `{"results":[${validations.map(validateJson).join(',')}]}`);
    });
  }

  private get(exchange: Exchange, plain: PlainRequest): boolean {
    const token = BEARER.exec(plain.authorization ?? '')?.[1];
    if (token === undefined || plain.contentLength > 0) return false;
    this.open(exchange, plain);
    this.decide(exchange, async () => {
      if (exchange.route === VERIFY) {
        const { context } = await this.options.tokens.authenticate(token);
        return this.pass(exchange, verifyHeaders(context));
      }
      const user = await this.options.tokens.userOf(token);
      exchange.request.callerOfLane = { user_id: user.userId, auth_method: user.method };
      this.answer(exchange, user.json);
    });
    return true;
  }

  private open({ request, response }: Exchange, plain: PlainRequest): void {
    this.options.log.open(request, response, plain);
  }

  /** Works within the deadline of the request; the pipeline answers an error. */
  private decide(exchange: Exchange, work: () => Promise<void>): void {
    const { request, response, route, pipeline } = exchange;
    const scope = new RequestScope(request, this.options.requestTimeoutMs);
    onBehalfOf(scope, work).catch((error: unknown) => {
      const refusal = tokenRefusal(error);
      // The guard knows callers that are no users.
      if (refusal === undefined || route !== ME) request.laneError = { error: refusal ?? error, route };
      pipeline(request, response);
    });
  }

  private stepAside({ request, response, pipeline }: Exchange, bytes: Buffer): void {
    request.bodyBytes = bytes;
    pipeline(request, response);
  }

  private answer({ request, response, route }: Exchange, json: string): void {
    request.route = { path: route };
    response.writeHead(200, [
      'X-Request-Id',
      request.id,
      ...COMMON_HEADERS,
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(json)),
    ]);
    response.end(json);
  }

  private pass({ request, response, route }: Exchange, headers: readonly [string, string][]): void {
    request.route = { path: route };
    response.writeHead(204, ['X-Request-Id', request.id, ...COMMON_HEADERS, ...headers.flat()]);
    response.end();
  }
}

function isGetOfLane(method: string | undefined, url: string | undefined): url is string {
  if (url === ME) return method === 'GET';
  return url === VERIFY && (method === 'GET' || method === 'HEAD');
}

/** Calls `done` with the complete body; never if the client goes away. */
function readAll(request: IncomingMessage, done: (bytes: Buffer) => void): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  request.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk;
    else (more ??= [first]).push(chunk);
  });
  request.on('end', () => done(more ? Buffer.concat(more) : (first ?? Buffer.alloc(0))));
}

/** The tokens of a batch in its usual form. */
function tokensOf(bytes: Buffer): string[] | undefined {
  let body: object | null;
  try {
    body = parseJson(bytes);
  } catch {
    return undefined;
  }
  const { tokens, ...others } = (body ?? {}) as { tokens?: unknown };
  const isUsual =
    Array.isArray(tokens) &&
    tokens.length >= 1 &&
    tokens.length <= MAX_TOKENS &&
    tokens.every((token) => typeof token === 'string') &&
    Object.keys(others).length === 0;
  return isUsual ? tokens : undefined;
}
