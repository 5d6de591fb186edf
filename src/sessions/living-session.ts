/** What makes a session `s` a living one, in SQL. Times are the database's: replicas' clocks differ. */
export const LIVING_SESSION = 's.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()';
