import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Prefix of the documentation pages, which need scripts and styles. */
const DOCS = '/docs';
/** Prefix of the pages for users: their scripts and styles are files. */
const ACCOUNT = '/account/';

/**
 * Sets security headers for browsers. Every response is `no-store` unless its route says otherwise: nearly all contain
 * tokens or identity (RFC 6749 section 5.1). The documentation pages may connect to the `providers` (URLs).
 */
export function securityHeaders(providers: readonly string[]): RequestHandler {
  const api = apiHeaders();
  const pages = headersOf({
    xPoweredBy: false,
    contentSecurityPolicy: {
      useDefaults: true,
      directives: {
        connectSrc: ["'self'", ...new Set(providers.map((address) => new URL(address).origin))],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        upgradeInsecureRequests: null, // the page must work over plain http in development
      },
    },
  });
  const account = accountHeaders();
  return (request, response, next) => {
    const { path } = request;
    const page = path.startsWith(DOCS) ? pages : path.startsWith(ACCOUNT) ? account : undefined;
    if (page) response.setHeader('Cache-Control', 'no-store');
    for (const [name, value] of page ?? api) response.setHeader(name, value);
    next();
  };
}

/** The headers of the pages for users: nothing unsafe, nothing from elsewhere. */
function accountHeaders(): [name: string, value: string][] {
  const own = ["'self'"];
  const none = ["'none'"];
  return headersOf({
    xPoweredBy: false,
    xFrameOptions: { action: 'deny' },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        scriptSrc: own,
        styleSrc: own,
        formAction: own,
        baseUri: none,
        frameAncestors: none,
      },
    },
  });
}

/** The headers of every response that is not a page. */
export function apiHeaders(): [name: string, value: string][] {
  const headers = headersOf({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Headers that only matter to pages are off: an API response is not a page, and each header costs time.
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false, // CORS decides on other origins
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: { action: 'deny' },
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
    xXssProtection: false,
  });
  return [['Cache-Control', 'no-store'], ...headers];
}

/** The headers that helmet sets; with these options they do not depend on the request. */
function headersOf(options: HelmetOptions): [name: string, value: string][] {
  const headers: [name: string, value: string][] = [];
  const response = { setHeader: (name: string, value: string) => headers.push([name, value]) };
  const done = (error?: unknown) => {
    if (error) throw error as Error;
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, done);
  return headers;
}
