import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Prefix of the pages for people, which need scripts and styles of their own. */
const DOCS = '/docs';

/**
 * Headers against misuse in browsers. Every answer is `no-store` unless its route says otherwise: nearly all carry
 * tokens or identity (RFC 6749 section 5.1). The pages for people may ask the `providers` (addresses) about themselves.
 */
export function securityHeaders(providers: readonly string[]): RequestHandler {
  const api = headersOf({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // What only matters to pages stays off: an API answer is no page, and each header costs every request.
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false, // other origins are let in or kept out by CORS
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: { action: 'deny' },
    xPermittedCrossDomainPolicies: false,
    xPoweredBy: false,
    xXssProtection: false,
  });
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
  return (request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    for (const [name, value] of request.path.startsWith(DOCS) ? pages : api) response.setHeader(name, value);
    next();
  };
}

/** What helmet sets: with options that ask for nothing of a request, it is the same for all. */
function headersOf(options: HelmetOptions): [name: string, value: string][] {
  const headers: [name: string, value: string][] = [];
  const response = { setHeader: (name: string, value: string) => headers.push([name, value]) };
  const done = (error?: unknown) => {
    if (error) throw error as Error;
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, done);
  return headers;
}
