const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Any id. */
export const anId = (): string => expect.stringMatching(UUID) as string;

/** Any time in UTC. */
export const aTime = (): string => expect.stringMatching(UTC_TIME) as string;

/** Any signed token. */
export const aToken = (): string => expect.stringMatching(COMPACT_JWS) as string;

/** A refresh token: 256 bits, with the prefix that secret scanners know. */
export function aRefreshToken(): string {
  return expect.stringMatching(/^psr_[\w-]{43}$/) as string;
}

/** A token that names a known device. */
export function aDeviceToken(): string {
  return expect.stringMatching(/^psd_[\w-]{86}$/) as string;
}
