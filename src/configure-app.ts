import type { NestExpressApplication } from '@nestjs/platform-express';
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Logger } from 'pino';
import { jsonBody } from './common/http/json-body';
import { requestContext } from './common/http/request-context';
import { securityHeaders } from './common/http/security-headers';
import { validationPipe } from './common/validation/validation.pipe';
import { AuthConfig } from './config/auth.config';
import { HttpConfig } from './config/http.config';
import { serveOpenApi } from './openapi';

const PREFLIGHT_SECONDS = 600;

/** Everything about HTTP that stands before the routes. */
export function configureApp(app: NestExpressApplication, logger: Logger): void {
  const config = app.get(HttpConfig);
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.use(requestContext(logger), securityHeaders(app.get(AuthConfig).oidc.issuerNames));
  app.enableCors(corsOptions(config.corsOrigins));
  app.use(...jsonBody());
  app.useGlobalPipes(validationPipe());
  if (config.docsEnabled) serveOpenApi(app);
}

/** Exact origins only; the extension form stands for any one extension, whose origin is then echoed. */
function corsOptions(origins: readonly string[]): CorsOptions {
  const patterns = origins.map((origin) =>
    origin === 'chrome-extension://*' ? /^chrome-extension:\/\/[a-z0-9]+$/ : origin,
  );
  return {
    origin: patterns,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Request-Id', 'X-User-Email', 'X-User-Name'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate'],
    credentials: true,
    maxAge: PREFLIGHT_SECONDS,
  };
}
