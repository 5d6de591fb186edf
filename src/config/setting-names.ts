import type { Environment } from './environment';
import { SETTINGS } from './settings';

/** Names that are read: those of settings, and the `NAME_FILE` forms of secrets. */
const KNOWN = new Set(
  Object.values(SETTINGS).flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
);
const FILES_OF_OTHERS = new Set(
  Object.values(SETTINGS).flatMap(({ name, secret }) => (secret ? [] : [`${name}_FILE`])),
);

/** The names that other programs read in lower case too, and the lower case first. */
export const PROXY_NAMES = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];

/** What Kubernetes sets for each Service of a namespace, after its name in capitals. */
const SERVICE_LINK =
  /^(?<service>[A-Z0-9_]+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;
const LINK_ADDRESS = /^(?:tcp|udp|sctp):\/\//;

/** Names that somebody may take for settings of this service, and that have no effect. */
export function nameWarnings(environment: Environment): string[] {
  return Object.keys(environment).flatMap((name) => {
    if (KNOWN.has(name) || isServiceLink(name, environment)) return [];
    if (FILES_OF_OTHERS.has(name)) {
      return [
        `${name} is not a setting of this service; it has no effect: only secrets have the form NAME_FILE`,
      ];
    }
    if (name.startsWith('AUTH_')) return [`${name} is not a setting of this service; it has no effect`];
    const isMistaken = KNOWN.has(name.toUpperCase()) && !PROXY_NAMES.includes(name.toUpperCase());
    return isMistaken ? [`${name} has no effect: names of settings are in capitals`] : [];
  });
}

/** Values that keep the quotes that somebody meant for a shell. */
export function quoteWarnings(environment: Environment): string[] {
  return [...KNOWN]
    .filter((name) => /^(["']).*\1$/s.test(environment[name]?.trim() ?? ''))
    .map(
      (name) =>
        `${name} begins and ends with a quote, which is part of its value: Docker's --env-file keeps quotes`,
    );
}

/**
 * Whether Kubernetes has set the variable, as the address of a Service. It may have the name of a setting: that of a Service named
 * `auth-metrics` is AUTH_METRICS_PORT.
 */
export function isServiceLink(name: string, environment: Environment): boolean {
  const { service } = SERVICE_LINK.exec(name)?.groups ?? {};
  if (service === undefined) return false;
  if (KNOWN.has(name)) return LINK_ADDRESS.test(environment[name] ?? '');
  return `${service}_SERVICE_HOST` in environment || LINK_ADDRESS.test(environment[name] ?? '');
}
