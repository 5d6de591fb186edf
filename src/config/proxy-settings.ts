import { optional, secret, text } from './setting';

/** How addresses on the internet are reached; the names are those that other programs read too. */
export const PROXY_SETTINGS = {
  httpsProxy: secret(
    'HTTPS_PROXY',
    text,
    'Proxy that key sets on https are asked through, as `http://user:secret@proxy.example:3128`; `https_proxy` goes before it',
  ),
  httpProxy: secret('HTTP_PROXY', text, 'The same for key sets on plain http, which production refuses'),
  noProxy: optional(
    'NO_PROXY',
    text,
    'Hosts asked without a proxy, comma-separated: `idp.example` with all below it, `host:port`, `*` for all',
  ),
} as const;
