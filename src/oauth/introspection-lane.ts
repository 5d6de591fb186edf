import type { Request, Response } from 'express';
import type { ServiceCallers } from '../auth/service-callers';
import type { Lane } from '../http/http-server-adapter';
import { LaneExchange, type LaneOptions } from '../http/lane-exchange';
import { MAX_FORM_BYTES } from '../http/oauth-form';
import { readPlainRequest } from '../http/plain-request';
import type { IntrospectionService } from './introspection.service';

/** What the lane needs of the application. */
export interface IntrospectionLaneOptions extends LaneOptions {
  readonly callers: ServiceCallers;
  readonly introspections: IntrospectionService;
}

const ROUTE = '/oauth/introspect';
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i;
/** A form with a token, perhaps a hint, and nothing else, in characters that need no escape. */
const ONLY_TOKEN = /^token=([\w.-]+)(?:&token_type_hint=\w*)?$/;

/**
 * Answers plain requests for `POST /oauth/introspect` ahead of Express, as `tokenLane` does for validation: those of a caller whose
 * credential is in memory, about a token in its usual form. Everything else, and every error, is left to the pipeline.
 */
export function introspectionLane(options: IntrospectionLaneOptions): Lane {
  const { callers, introspections } = options;
  return (request, response, pipeline) => {
    if (request.url !== ROUTE || request.method !== 'POST') return false;
    const plain = readPlainRequest(request);
    if (plain === undefined || !FORM_TYPE.test(plain.contentType ?? '')) return false;
    if (plain.contentLength === 0 || plain.contentLength > MAX_FORM_BYTES) return false;
    const caller = callers.recall(plain.authorization, 'tokens:validate');
    if (!caller) return false;
    const exchange = new LaneExchange(request as Request, response as Response, ROUTE, pipeline, options);
    exchange.open(plain, caller);
    exchange.readAll((bytes) => {
      const token = ONLY_TOKEN.exec(bytes.toString('latin1'))?.[1];
      if (token === undefined) return exchange.stepAside(bytes);
      const known = introspections.recall(token);
      if (known !== undefined) return exchange.answer(known);
      exchange.decide(
        async () => exchange.answer(JSON.stringify(await introspections.introspect(token))),
        (error) => error,
      );
    });
    return true;
  };
}
