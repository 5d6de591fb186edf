/** Why a session ended; stored in `sessions.end_reason`. */
export type EndReason =
  | 'logout'
  | 'ended-by-user'
  | 'ended-by-operator'
  | 'ended-by-admin'
  | 'password-changed'
  | 'password-reset'
  | 'email-verified'
  | 'email-changed'
  | 'email-change-undone'
  | 'refresh-token-reuse'
  | 'account-linked'
  | 'tokens-not-before'
  | 'user-deactivated'
  | 'too-many-sessions';
