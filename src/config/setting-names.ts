import type { Environment } from './environment';
import { SETTINGS } from './settings';

/** Names that are read: settings, and the `NAME_FILE` forms of secrets. */
const KNOWN = new Set(SETTINGS.flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])));
const FILES_OF_OTHERS = new Set(SETTINGS.flatMap(({ name, secret }) => (secret ? [] : [`${name}_FILE`])));

/** Names that other programs also read in lower case, which takes precedence. */
const PROXY_NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/** Suffixes of the variables that Kubernetes sets for each Service, after its name in upper case. */
const LINK_END =
  /^(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;
const LINK_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** The environment, with proxies of lower-case names under the settings' names. */
export function withProxyNames(environment: Environment): Environment {
  const given = PROXY_NAMES.map((name) => [name, environment[name.toLowerCase()]] as const);
  return { ...environment, ...Object.fromEntries(given.filter(([, value]) => value?.trim())) };
}

/** Names that look like settings of this service but have no effect. */
export function nameWarnings(environment: Environment): string[] {
  return Object.keys(environment).flatMap((name) => {
    if (KNOWN.has(name) || isServiceLink(name, environment)) return [];
    if (FILES_OF_OTHERS.has(name)) {
      return [
        `${name} is not a setting of this service; it has no effect: only secrets have the form NAME_FILE`,
      ];
    }
    if (name.startsWith('AUTH_')) return [`${name} is not a setting of this service; it has no effect`];
    const meant = name.toUpperCase().replaceAll(/[.-]/g, '_'); // a .env file may have such names
    if (!KNOWN.has(meant) || PROXY_NAMES.includes(meant)) return [];
    const form = /[.-]/.test(name) ? 'in capitals, with _ between words' : 'in capitals';
    return [`${name} has no effect: names of settings are ${form}`];
  });
}

/** Values that still contain quotes meant for a shell. */
export function quoteWarnings(environment: Environment): string[] {
  return [...KNOWN]
    .filter((name) => /^(["']).*\1$/s.test(environment[name]?.trim() ?? ''))
    .map(
      (name) =>
        `${name} begins and ends with a quote, which is part of its value: Docker's --env-file keeps quotes`,
    );
}

/**
 * Whether Kubernetes has set the variable, as the address of a Service. Its name may equal a setting: that of a Service named
 * `auth-metrics` is AUTH_METRICS_PORT.
 */
export function isServiceLink(name: string, environment: Environment): boolean {
  const services = servicesOf(name);
  const isAddress = services.length > 0 && LINK_ADDRESS.test(environment[name] ?? '');
  if (isAddress || KNOWN.has(name)) return isAddress;
  return services.some((service) => `${service}_SERVICE_HOST` in environment);
}

/** The Services that a variable of this name may belong to: AUTH_SERVICE_PORT_HTTP to `auth`, AUTH_SERVICE_PORT to `auth-service` too. */
function servicesOf(name: string): string[] {
  const parts = name.split('_');
  return parts.flatMap((_part, at) =>
    at > 0 && LINK_END.test(parts.slice(at).join('_')) ? [parts.slice(0, at).join('_')] : [],
  );
}
