import cors from 'cors';
import type { RequestHandler } from 'express';

const PREFLIGHT_SECONDS = 600;
const ANY_EXTENSION = 'chrome-extension://*';

/** Lets the pages of exact origins call; the extension form stands for any one extension, whose origin is echoed. */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const allow = cors({
    origin: origins.map((origin) => (origin === ANY_EXTENSION ? /^chrome-extension:\/\/[a-z0-9]+$/ : origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type', 'X-Request-Id', 'X-User-Email', 'X-User-Name'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate'],
    credentials: true,
    maxAge: PREFLIGHT_SECONDS,
  });
  return (request, response, next) => {
    const { origin } = request.headers;
    response.vary('Origin'); // a shared cache must not hand one origin's answer to another
    if (origin === undefined) return next(); // not from a page of another origin
    allow(request, response, next);
  };
}
