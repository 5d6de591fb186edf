import type { Request, Response } from 'express';
import type { Lane } from '../http/http-server-adapter';
import { parseJson } from '../http/json-body';
import { LaneExchange, type LaneOptions } from '../http/lane-exchange';
import { readPlainRequest, type PlainRequest } from '../http/plain-request';
import { MAX_BODY_BYTES } from '../http/body-buffer';
import type { ServicePrincipal } from '../security/principal';
import { tokenRefusal } from '../tokens/access-tokens';
import { MAX_BATCH_BYTES, MAX_TOKENS } from './dto/validate-batch.dto';
import { validateJson } from './dto/validate-response.dto';
import type { ServiceCallers } from './service-callers';
import type { TokenValidationService } from './token-validation.service';
import { verifyHeaders } from './verify/verify-headers';

/** What the lane needs of the application. */
export interface TokenLaneOptions extends LaneOptions {
  readonly tokens: TokenValidationService;
  readonly callers: ServiceCallers;
  /** Whether all routes but `/auth/me` want a credential of the caller. */
  readonly requiresCredential: boolean;
}

const VALIDATE = '/auth/validate';
const BATCH = '/auth/validate/batch';
const VERIFY = '/auth/verify';
const ME = '/auth/me';

const JSON_TYPES = new Set(['application/json', 'application/json; charset=utf-8']);
/** A body with a token and nothing else, in characters that need no escape. */
const ONLY_TOKEN = /^\s*\{\s*"token"\s*:\s*"([\w.-]*)"\s*\}\s*$/;
const BEARER = /^Bearer ([\w.-]+)$/i;

/**
 * Answers plain requests for `POST /auth/validate`, its batch, `/auth/verify` and `GET /auth/me` ahead of Express, which takes several
 * times as long as an answer from memory. It decides with the services of the controllers, which stay the definition of the
 * routes: whatever is not plain, a caller whose credential is not in memory, and every error, is left to the pipeline.
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
    const plain = readPlainRequest(request);
    if (plain === undefined) return false;
    const exchange = new LaneExchange(request as Request, response as Response, url, pipeline, this.options);
    const needsCaller = this.options.requiresCredential && url !== ME;
    const caller = needsCaller ? this.callerOf(url, plain) : undefined;
    if (needsCaller && !caller) return false;
    return isPost ? this.post(exchange, plain, caller) : this.get(exchange, plain, caller);
  };

  /** A gateway sends its own credential in a header of its own: the other one is that of the user. */
  private callerOf(
    url: string,
    { authorization, gatewayCredential }: PlainRequest,
  ): ServicePrincipal | undefined {
    const credential = url !== VERIFY ? authorization : gatewayCredential && `Bearer ${gatewayCredential}`;
    return this.options.callers.recall(credential, 'tokens:validate');
  }

  private post(exchange: LaneExchange, plain: PlainRequest, caller?: ServicePrincipal): boolean {
    const { contentLength, contentType } = plain;
    const maxBytes = exchange.route === BATCH ? MAX_BATCH_BYTES : MAX_BODY_BYTES;
    if (contentLength === 0 || contentLength > maxBytes || !JSON_TYPES.has(contentType ?? '')) return false;
    exchange.open(plain, caller);
    exchange.readAll((bytes) => {
      if (exchange.route === BATCH) this.batch(exchange, bytes);
      else this.validate(exchange, bytes);
    });
    return true;
  }

  private validate(exchange: LaneExchange, bytes: Buffer): void {
    const token = ONLY_TOKEN.exec(bytes.toString('latin1'))?.[1];
    if (token === undefined) return exchange.stepAside(bytes);
    const known = this.options.tokens.recall(token);
    if (known) return exchange.answer(validateJson({ user: known }));
    this.decide(exchange, async () =>
      exchange.answer(validateJson(await this.options.tokens.validate(token))),
    );
  }

  private batch(exchange: LaneExchange, bytes: Buffer): void {
    const tokens = tokensOf(bytes);
    if (tokens === undefined) return exchange.stepAside(bytes);
    this.decide(exchange, async () => {
      const validations = await this.options.tokens.validateAll(tokens);
      exchange.answer(`{"results":[${validations.map(validateJson).join(',')}]}`);
    });
  }

  private get(exchange: LaneExchange, plain: PlainRequest, caller?: ServicePrincipal): boolean {
    const token = BEARER.exec(plain.authorization ?? '')?.[1];
    if (token === undefined || plain.contentLength > 0) return false;
    exchange.open(plain, caller);
    this.decide(exchange, async () => {
      if (exchange.route === VERIFY) {
        const { context } = await this.options.tokens.authenticate(token);
        return exchange.pass(verifyHeaders(context));
      }
      const user = await this.options.tokens.userOf(token);
      exchange.request.callerOfLane = { user_id: user.userId, auth_method: user.method };
      exchange.answer(user.json);
    });
    return true;
  }

  private decide(exchange: LaneExchange, work: () => Promise<void>): void {
    exchange.decide(work, (error) => {
      const refusal = tokenRefusal(error);
      // The guard knows callers that are no users.
      return refusal !== undefined && exchange.route === ME ? undefined : (refusal ?? error);
    });
  }
}

function isGetOfLane(method: string | undefined, url: string | undefined): url is string {
  if (url === ME) return method === 'GET';
  return url === VERIFY && (method === 'GET' || method === 'HEAD');
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
