import { counter } from '../common/metrics/instruments';

/** `limit`: account, device, client, source, registration, … */
export const HITS = counter('auth_rate_limit_hits_total', 'Requests refused by a limit', ['limit']);
