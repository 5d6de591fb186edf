import { OfflineClient } from './offline-client';
import { readOptions } from './options';
import { ServiceClient } from './service-client';
import type { AuthClient, AuthClientOptions } from './types';

/**
 * Makes a client. Mode `cached` connects to the event feed at once.
 *
 * @throws TypeError for faulty options
 */
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const settings = readOptions(options);
  return settings.mode === 'offline' ? new OfflineClient(settings) : new ServiceClient(settings);
}
