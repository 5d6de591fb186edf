import type { EgressProxy } from './federation.config';
import type { SettingValues } from './settings';

/** The HTTP proxies for requests to providers; undefined when there are none. Adds errors to `faults`. */
export function egressProxy(values: SettingValues['federation'], faults: string[]): EgressProxy | undefined {
  const https = proxyAddress('HTTPS_PROXY', values.httpsProxy, faults);
  const http = proxyAddress('HTTP_PROXY', values.httpProxy, faults);
  return https === undefined && http === undefined ? undefined : { https, http, none: values.noProxy ?? '' };
}

/** Like curl, reads `proxy.example:3128` as `http://proxy.example:3128`. */
function proxyAddress(name: string, text: string | undefined, faults: string[]): string | undefined {
  if (text === undefined) return undefined;
  const address = text.includes('://') ? text : `http://${text}`;
  if (/^https?:\/\//i.test(address) && URL.canParse(address)) return address;
  faults.push(`${name} must be the address of an HTTP proxy, such as http://proxy.example:3128`);
  return undefined;
}
