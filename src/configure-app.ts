import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { MAX_READ_TOKEN_LENGTH, MAX_TOKEN_LENGTH } from './auth/tokens/compact-jws';
import { crossOrigin } from './common/http/cross-origin';
import { jsonBody } from './common/http/json-body';
import { requestContext } from './common/http/request-context';
import { requestScope } from './common/http/request-scope';
import { securityHeaders } from './common/http/security-headers';
import { strictRequest } from './common/http/strict-request';
import { isWebIssuer } from './common/oidc-discovery';
import { validationPipe } from './common/validation/validation.pipe';
import { AuthConfig, providerIssuers } from './config/auth.config';
import { HttpConfig } from './config/http.config';
import { serveOpenApi } from './openapi';

/** Everything about HTTP that stands before the routes. */
export function configureApp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(HttpConfig);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(
    requestContext(logger, config.trustedProxies),
    securityHeaders(providerIssuers(app.get(AuthConfig)).filter(isWebIssuer)),
    strictRequest(),
    crossOrigin(config.corsOrigins),
  );
  // Whoever validates a token did not make it, and cannot know how long it is.
  app.use(
    '/auth/validate',
    jsonBody({ name: 'token', longest: MAX_TOKEN_LENGTH, ceiling: MAX_READ_TOKEN_LENGTH }),
  );
  app.use(jsonBody(), requestScope());
  app.useGlobalPipes(validationPipe());
  if (config.docsEnabled) serveOpenApi(app);
}
