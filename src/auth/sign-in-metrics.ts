import { counter } from '../common/metrics/instruments';

/** `method`: password, registration, activation, development. `result`: success, failure. `reason`: why it failed, else `none`. */
export const SIGN_INS = counter(
  'auth_sign_ins_total',
  'Sign-ins, by what they were made with and why they failed',
  ['method', 'result', 'reason'],
);
