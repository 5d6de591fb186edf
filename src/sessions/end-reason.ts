/** Why a session was ended. */
export type EndReason =
  | 'logout'
  | 'ended-by-user'
  | 'ended-by-operator'
  | 'password-changed'
  | 'refresh-token-reuse'
  | 'account-linked'
  | 'tokens-not-before'
  | 'user-deactivated'
  | 'too-many-sessions';
