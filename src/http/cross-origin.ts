import cors, { type CorsOptions } from 'cors';
import type { Request, RequestHandler } from 'express';

const PREFLIGHT_SECONDS = 600;
/** Documents that anybody may read: keys and metadata for verifiers, also for those that run in a page. */
const OPEN_DOCUMENTS = /^\/\.well-known\//i;
/** A scheme of extensions, and any of its ids: letters with Chromium, UUIDs with Firefox and Safari (which writes them in capitals). */
const ANY_EXTENSION = /^((?:chrome|moz|safari-web)-extension):\/\/\*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/; // RFC 9110 section 5.6.2: a token
const MAX_HEADER_NAMES = 64;

/** No credentials: bearer tokens need none, and a cookie, should there ever be one, must not be open to every extension. */
const COMMON: CorsOptions = {
  exposedHeaders: [
    ...['X-Request-Id', 'Retry-After', 'WWW-Authenticate', 'Allow', 'Date'],
    ...['ETag', 'Location', 'RateLimit', 'RateLimit-Policy'],
  ],
  maxAge: PREFLIGHT_SECONDS,
};

/**
 * Lets the pages of exact origins call, with the headers that they ask for; an extension form stands for any one extension of
 * that browser, whose origin is echoed. Keys and metadata are open to every page.
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
    done(null, { ...options, allowedHeaders: namesAskedFor(request) });
  });
  return (request, response, next) => {
    const isFromPage = request.headers.origin !== undefined;
    // A shared cache must not hand one origin's answer to another; open documents have one answer for all.
    if (!isOpen(request)) response.vary('Origin');
    if (request.method === 'OPTIONS') response.vary('Access-Control-Request-Headers');
    if (isFromPage || (isOpen(request) && request.method !== 'OPTIONS')) allow(request, response, next);
    else next();
  };
}

function isOpen({ path }: Request): boolean {
  return OPEN_DOCUMENTS.test(path);
}

/** The names of headers that a preflight asks for, as far as they are such. */
function namesAskedFor({ headers }: Request): string[] {
  const names = headers['access-control-request-headers']?.split(',').map((name) => name.trim()) ?? [];
  return names.filter((name) => HEADER_NAME.test(name)).slice(0, MAX_HEADER_NAMES);
}
