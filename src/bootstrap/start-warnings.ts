import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { alwaysWritten } from '../common/logging/logger';
import type { Configuration } from '../config/configuration';
import { unsupportedNode } from './node-support';

/** Logs at each start, at every log level, what an operator should change. */
export function warnAtStart(logger: Logger, { warnings, http }: Configuration): void {
  const notices = alwaysWritten(logger);
  for (const warning of warnings) notices.warn(warning);
  const nodeFault = unsupportedNode(process.version, new Date());
  if (nodeFault !== undefined) notices[http.production ? 'error' : 'warn'](nodeFault);
}

/** Warns that development headers let any client that reaches the service act as any user. */
export function warnWhenListening(
  logger: Logger,
  { development }: Configuration,
  address: AddressInfo,
): void {
  if (!development.devHeaders) return;
  alwaysWritten(logger).warn(
    `AUTH_ALLOW_DEV_HEADERS is true: any client that reaches ${baseUrls(address).join(', ')} can act as any user`,
  );
}

/** The URLs at which a server can be reached. */
function baseUrls({ address, port }: AddressInfo): string[] {
  const isAny = address === '::' || address === '0.0.0.0';
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const addresses = isAny
    ? own.filter(({ family }) => address === '::' || family === 'IPv4').map((entry) => entry.address)
    : [address];
  return addresses.map((host) => `http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}
