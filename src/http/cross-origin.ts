import cors, { type CorsOptions } from 'cors';
import type { Request, RequestHandler } from 'express';

const PREFLIGHT_SECONDS = 600;
/** Documents that any page may read: keys and metadata for verifiers. */
const OPEN_DOCUMENTS = /^\/\.well-known\//i;
/** An extension scheme with any id: letters in Chromium, UUIDs in Firefox and (upper case) Safari. */
const ANY_EXTENSION = /^((?:chrome|moz|safari-web)-extension):\/\/\*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/; // RFC 9110 section 5.6.2: a token
const MAX_HEADER_NAMES = 64;

/** No credentials: bearer tokens need none, and a future cookie must not be available to every extension. */
const COMMON: CorsOptions = {
  exposedHeaders: [
    ...['X-Request-Id', 'Retry-After', 'WWW-Authenticate', 'Allow', 'Date'],
    ...['ETag', 'Location', 'RateLimit', 'RateLimit-Policy'],
  ],
  maxAge: PREFLIGHT_SECONDS,
};

/**
 * Allows pages of the listed origins, with any headers that they request; an extension pattern allows any extension of that
 * browser. Keys and metadata are open to every page.
 */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const listed = {
    ...COMMON,
    origin: origins.map((origin) => {
      const scheme = ANY_EXTENSION.exec(origin)?.[1];
      return scheme === undefined ? origin : new RegExp(`^${scheme}://[A-Za-z0-9-]+$`);
    }),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  };
  const open = { ...COMMON, origin: '*', methods: ['GET', 'HEAD'] };
  const allow = cors((request: Request, done) => {
    const options = isOpen(request) ? open : listed;
    done(null, { ...options, allowedHeaders: requestedHeaderNames(request) });
  });
  return (request, response, next) => {
    const isFromPage = request.headers.origin !== undefined;
    // A shared cache must not serve one origin's response to another; open documents have one response for all.
    if (!isOpen(request)) response.vary('Origin');
    if (request.method === 'OPTIONS') response.vary('Access-Control-Request-Headers');
    if (isFromPage || (isOpen(request) && request.method !== 'OPTIONS')) allow(request, response, next);
    else next();
  };
}

function isOpen({ path }: Request): boolean {
  return OPEN_DOCUMENTS.test(path);
}

/** The valid header names that a preflight requests. */
function requestedHeaderNames({ headers }: Request): string[] {
  const names = headers['access-control-request-headers']?.split(',').map((name) => name.trim()) ?? [];
  return names.filter((name) => HEADER_NAME.test(name)).slice(0, MAX_HEADER_NAMES);
}
