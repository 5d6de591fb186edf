import { TrustedProxies } from '../common/trusted-proxies';
import { corsOrigin } from './cors-origin';
import { boolean, integer, list, parsed, plainUrl } from './rules';
import type { Runtime } from './runtime.config';
import { setting, sliceOf, type ValuesOf } from './setting';

export const HTTP_SETTINGS = {
  port: setting('PORT', integer(0, 65_535).default(8001), 'Port to listen on; 0 chooses a free one'),
  publicUrl: setting(
    'AUTH_PUBLIC_URL',
    plainUrl('http:', 'https:').optional(),
    'Public URL of the service. Unset: `http://localhost:$PORT`',
  ),
  corsOrigins: setting(
    'AUTH_API_CORS_ORIGINS',
    list(corsOrigin).optional(),
    'Comma-separated exact origins; `chrome-extension://*`, `moz-extension://*` and `safari-web-extension://*` allow every extension of that browser. ' +
      'Unset outside production: `http://localhost:5173,http://localhost:3000,http://localhost:8000`; in production none',
  ),
  docsEnabled: setting(
    'AUTH_DOCS',
    boolean.optional(),
    'Serves `/docs` and `/openapi.json`. Unset: `false` in production, else `true`',
  ),
  trustedProxies: setting(
    'AUTH_TRUSTED_PROXIES',
    parsed((value) => TrustedProxies.parse(value)).optional(),
    'Proxies whose `X-Forwarded-For` is trusted: their number (`1`), or their addresses and networks (`10.0.0.0/8, ::1`). Unset: none',
  ),
  validateRequiresCredential: setting(
    'AUTH_VALIDATE_REQUIRES_CREDENTIAL',
    boolean.default(false),
    '`true` has `/auth/validate`, `/auth/validate/batch` and `/auth/verify` ask for a credential of a service with the scope `tokens:validate`. See `docs/integrate/services.md`',
  ),
  requestTimeoutSeconds: setting(
    'AUTH_REQUEST_TIMEOUT_SECONDS',
    integer(1, 60).default(5),
    'Limit for the whole answer to a request, in seconds',
  ),
  keepAliveSeconds: setting(
    'AUTH_KEEP_ALIVE_SECONDS',
    integer(1, 3600).default(65),
    'Idle time-out of connections, in seconds: longer than that of the load balancer in front',
  ),
  maxConnections: setting(
    'AUTH_MAX_CONNECTIONS',
    integer(10, 100_000).default(5000),
    'Maximum number of open connections; of all workers together; further ones are closed at once. Each needs a file descriptor (`ulimit -n`)',
  ),
  drainSeconds: setting(
    'AUTH_SHUTDOWN_DRAIN_SECONDS',
    integer(0, 60).default(0),
    'Seconds of further service after SIGTERM while `/health/ready` answers 503, so that load balancers notice',
  ),
  shutdownGraceSeconds: setting(
    'AUTH_SHUTDOWN_GRACE_SECONDS',
    integer(1, 120).default(10),
    'Seconds after the drain for requests in progress to finish',
  ),
};

const DEVELOPMENT_ORIGINS = ['http://localhost:5173', 'http://localhost:3000', 'http://localhost:8000'];

type HttpValues = ReturnType<typeof httpValues>;

/** Settings of the HTTP edge. */
export class HttpConfig extends sliceOf<HttpValues>() {}

/** Adds the defaults that depend on other settings. */
export function httpValues(values: ValuesOf<typeof HTTP_SETTINGS>, { environment, workers }: Runtime) {
  const production = environment === 'production';
  return {
    ...values,
    workers,
    maxConnections: Math.ceil(values.maxConnections / workers),
    production,
    publicUrl: values.publicUrl ?? `http://localhost:${values.port}`,
    corsOrigins: values.corsOrigins ?? (production ? [] : DEVELOPMENT_ORIGINS),
    docsEnabled: values.docsEnabled ?? !production,
    trustedProxies: values.trustedProxies ?? TrustedProxies.none,
  };
}
