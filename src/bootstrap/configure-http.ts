import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { MAX_READ_TOKEN_LENGTH, MAX_TOKEN_LENGTH } from '../tokens/compact-jws';
import { TokenValidationService } from '../auth/token-validation.service';
import { validateLane } from '../auth/validate-lane';
import type { LongMember } from '../http/body-buffer';
import { crossOrigin } from '../http/cross-origin';
import { exactPaths } from '../http/exact-paths';
import { inTurn } from '../http/in-turn';
import { jsonBody } from '../http/json-body';
import { requestContext } from '../http/request-context';
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
  paths: /^\/auth\/validate(?:\/|$)/i,
  name: 'token',
  longest: MAX_TOKEN_LENGTH,
  ceiling: MAX_READ_TOKEN_LENGTH,
};

/** Configures everything about HTTP that comes before the routes. */
export function configureHttp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(HttpConfig);
  const { issuers } = app.get(FederationConfig);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(
    inTurn(
      requestContext(logger, config.trustedProxies),
      securityHeaders(issuers.map(({ issuer }) => issuer).filter(isWebIssuer)),
      strictRequest(),
      crossOrigin(config.corsOrigins),
      jsonBody(VALIDATED_TOKEN),
      requestScope(config.requestTimeoutSeconds * 1000),
      validateLane(app.get(TokenValidationService)),
      exactPaths(app.get(RouteTable)),
    ),
  );
  app.useGlobalPipes(validationPipe());
  if (config.docsEnabled) serveOpenApi(app);
}
