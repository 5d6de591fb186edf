/** When the user of a session `s` last proved who they are, in SQL. */
export const AUTHENTICATED_AT = 'coalesce(s.reauthenticated_at, s.created_at)';

/**
 * What makes a session `s` of a user `u` a living one, in SQL. Times are the database's: replicas' clocks differ. The last
 * condition holds for whatever ended the user's tokens, also for a session that it could not see yet.
 */
export const ACTIVE_SESSION = `s.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()
  AND (${AUTHENTICATED_AT} < u.tokens_not_before) IS NOT TRUE`;
