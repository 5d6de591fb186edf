/** Why a session was ended. */
export type EndReason =
  | 'logout'
  | 'ended-by-user'
  | 'password-changed'
  | 'refresh-token-reuse'
  | 'account-linked'
  | 'tokens-not-before'
  | 'user-deactivated'
  | 'too-many-sessions';
