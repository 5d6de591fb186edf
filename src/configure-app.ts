import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { MAX_READ_TOKEN_LENGTH, MAX_TOKEN_LENGTH } from './auth/tokens/compact-jws';
import { ValidateLane } from './auth/validate-lane';
import type { LongMember } from './common/http/body-buffer';
import { crossOrigin } from './common/http/cross-origin';
import { inTurn } from './common/http/in-turn';
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

/** Whoever validates a token did not make it, and cannot know how long it is. */
const VALIDATED_TOKEN: LongMember = {
  paths: /^\/auth\/validate(?:\/|$)/i,
  name: 'token',
  longest: MAX_TOKEN_LENGTH,
  ceiling: MAX_READ_TOKEN_LENGTH,
};

/** Everything about HTTP that stands before the routes. */
export function configureApp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(HttpConfig);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(
    inTurn(
      requestContext(logger, config.trustedProxies),
      securityHeaders(providerIssuers(app.get(AuthConfig)).filter(isWebIssuer)),
      strictRequest(),
      crossOrigin(config.corsOrigins),
      jsonBody(VALIDATED_TOKEN),
      requestScope(),
      app.get(ValidateLane).handle,
    ),
  );
  app.useGlobalPipes(validationPipe());
  if (config.docsEnabled) serveOpenApi(app);
}
