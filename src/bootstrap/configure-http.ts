import type { RequestHandler } from 'express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { MAX_READ_TOKEN_LENGTH, MAX_TOKEN_LENGTH } from '../tokens/compact-jws';
import { TokenValidationService } from '../auth/token-validation.service';
import { ServiceCallers } from '../auth/service-callers';
import { tokenLane } from '../auth/token-lane';
import { introspectionLane } from '../oauth/introspection-lane';
import { IntrospectionService } from '../oauth/introspection.service';
import { MAX_BATCH_BYTES } from '../auth/dto/validate-batch.dto';
import { asGet } from '../http/as-get';
import type { LongMember } from '../http/body-buffer';
import { crossOrigin } from '../http/cross-origin';
import { exactPaths } from '../http/exact-paths';
import { formBody } from '../http/form-body';
import { inTurn } from '../http/in-turn';
import type { HttpServerAdapter, Lane } from '../http/http-server-adapter';
import type { LaneOptions } from '../http/lane-exchange';
import { oauthForm } from '../http/oauth-form';
import { OAUTH_PATHS } from '../http/problems/oauth-error';
import { jsonBody } from '../http/json-body';
import { laneErrors } from '../http/lane-errors';
import { requestContext, RequestLog } from '../http/request-context';
import { requestScope } from '../common/request-scope';
import { RouteTable } from '../http/route-table';
import { securityHeaders } from '../http/security-headers';
import { strictRequest } from '../http/strict-request';
import { isWebIssuer } from '../common/oidc-discovery';
import { validationPipe } from '../http/validation.pipe';
import { FederationConfig } from '../config/federation.config';
import { HttpConfig } from '../config/http.config';
import { serveOpenApi } from './openapi';

/** A client that validates a token did not issue it, and cannot know its length. */
const VALIDATED_TOKEN: LongMember = {
  paths: /^\/auth\/validate\/?$/i,
  name: 'token',
  longest: MAX_TOKEN_LENGTH,
  ceiling: MAX_READ_TOKEN_LENGTH,
};
/** Many tokens at once. */
const BATCHES = { paths: /^\/auth\/validate\/batch\/?$/i, maxBytes: MAX_BATCH_BYTES };
/** Asked by gateways, in the manner of their own clients. */
const VERIFY = /^\/auth\/verify\/?$/i;

/** The forms of the pages for users. */
const FORMS = /^\/account\//i;

/** Forms there, JSON everywhere else. */
function bodies(): RequestHandler {
  const [json, form] = [jsonBody(VALIDATED_TOKEN, [BATCHES]), formBody()];
  return (request, response, next) => (FORMS.test(request.path) ? form : json)(request, response, next);
}

/** What answers plain requests ahead of the routes. */
function lanesOf(app: NestExpressApplication, options: LaneOptions): Lane {
  const callers = app.get(ServiceCallers);
  const { validateRequiresCredential: requiresCredential } = app.get(HttpConfig);
  const tokens = app.get(TokenValidationService);
  const validation = tokenLane({ ...options, callers, tokens, requiresCredential });
  const introspections = app.get(IntrospectionService);
  const introspection = introspectionLane({ ...options, callers, introspections });
  return (request, response, pipeline) =>
    validation(request, response, pipeline) || introspection(request, response, pipeline);
}

/** Configures everything about HTTP that comes before the routes. */
export function configureHttp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(HttpConfig);
  const { issuers } = app.get(FederationConfig);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  const log = new RequestLog(logger, config.trustedProxies);
  const requestTimeoutMs = config.requestTimeoutSeconds * 1000;
  (app.getHttpAdapter() as HttpServerAdapter).lane = lanesOf(app, { log, requestTimeoutMs });
  app.use(
    inTurn(
      requestContext(log),
      asGet(VERIFY),
      securityHeaders(issuers.map(({ issuer }) => issuer).filter(isWebIssuer)),
      strictRequest(),
      crossOrigin(config.corsOrigins),
      laneErrors(), // before the body, which the lane has read
      oauthForm(OAUTH_PATHS, bodies()),
      requestScope(requestTimeoutMs),
      exactPaths(app.get(RouteTable)),
    ),
  );
  app.useGlobalPipes(validationPipe());
  if (config.docsEnabled) serveOpenApi(app);
}
