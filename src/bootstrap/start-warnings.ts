import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { alwaysWritten } from '../common/logging/logger';
import type { Configuration } from '../config/configuration';
import { unsupportedNode } from './node-support';

/** Tells at each start, whatever the log level is, what an operator should change. */
export function warnAtStart(logger: Logger, { warnings, http }: Configuration): void {
  const notices = alwaysWritten(logger);
  for (const warning of warnings) notices.warn(warning);
  const nodeFault = unsupportedNode(process.version, new Date());
  if (nodeFault !== undefined) notices[http.production ? 'error' : 'warn'](nodeFault);
}

/** Tells who can be anybody: development headers are believed from wherever the service can be reached. */
export function warnWhenListening(
  logger: Logger,
  { development }: Configuration,
  address: AddressInfo,
): void {
  if (!development.devHeaders) return;
  alwaysWritten(logger).warn(
    `AUTH_ALLOW_DEV_HEADERS is true: whoever reaches ${baseUrls(address).join(', ')} is whoever they say they are`,
  );
}

/** The addresses that a server can be reached at. */
function baseUrls({ address, port }: AddressInfo): string[] {
  const isAny = address === '::' || address === '0.0.0.0';
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const addresses = isAny
    ? own.filter(({ family }) => address === '::' || family === 'IPv4').map((entry) => entry.address)
    : [address];
  return addresses.map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}
