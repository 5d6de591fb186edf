/** The lines of a batch: `said` names the members that may be null or empty and are there. */
const INPUT = `
  input AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS r (
      id uuid, email text, name text, said text[], avatar_url text, password_hash text, email_verified boolean,
      is_active boolean, role text, created_at timestamptz, teams uuid[], roles text[], domains uuid[]))`;

/** The constraint on the address decides who exists; in the order of the lines, so that the first of several counts. */
export const CREATE = `
  WITH ${INPUT}, created AS (
    INSERT INTO users (id, email, name, avatar_url, password_hash, email_verified_at, is_active, role, created_at)
    SELECT id, email, name, avatar_url, password_hash, CASE WHEN email_verified THEN now() END,
      coalesce(is_active, true), coalesce(role, 'user'), coalesce(created_at, now())
    FROM input ON CONFLICT DO NOTHING RETURNING id
  ), joined AS (
    INSERT INTO team_memberships (user_id, team_id, role)
    SELECT id, t.team_id, t.role FROM created JOIN input USING (id), unnest(teams, roles) AS t (team_id, role)
  ), assigned AS (
    INSERT INTO user_domains (user_id, domain_id)
    SELECT id, d.domain_id FROM created JOIN input USING (id), unnest(domains) AS d (domain_id)
  )
  SELECT id FROM created`;

/** In the order of their ids: whoever changes several users at once locks them in that order. */
export const UPDATE = `
  WITH ${INPUT}, target AS MATERIALIZED (
    SELECT u.id AS user_id, i.name, i.said,
      CASE WHEN 'avatar_url' = ANY (said) THEN i.avatar_url ELSE u.avatar_url END AS avatar_url,
      CASE WHEN 'password_hash' = ANY (said) THEN i.password_hash ELSE u.password_hash END AS password_hash,
      CASE WHEN NOT 'email_verified' = ANY (said) THEN u.email_verified_at
        WHEN i.email_verified THEN coalesce(u.email_verified_at, now()) END AS email_verified_at,
      coalesce(i.is_active, u.is_active) AS is_active,
      CASE WHEN $2 THEN coalesce(i.role, u.role) ELSE u.role END AS role,
      coalesce(i.created_at, u.created_at) AS created_at,
      'password_hash' = ANY (said) AND i.password_hash IS DISTINCT FROM u.password_hash AS has_new_password
    FROM input i JOIN users u ON u.email = i.email WHERE i.id <> u.id
    ORDER BY u.id FOR NO KEY UPDATE OF u
  )
  UPDATE users u SET name = t.name, avatar_url = t.avatar_url, password_hash = t.password_hash,
    email_verified_at = t.email_verified_at, is_active = t.is_active, role = t.role, created_at = t.created_at,
    must_change_password = u.must_change_password AND NOT t.has_new_password
  FROM target t WHERE u.id = t.user_id
    AND (u.name, u.avatar_url, u.password_hash, u.email_verified_at, u.is_active, u.role, u.created_at)
      IS DISTINCT FROM (t.name, t.avatar_url, t.password_hash, t.email_verified_at, t.is_active, t.role, t.created_at)
  RETURNING u.id, t.has_new_password`;

/** What was given by hand and is not in the line; a provider's gift stays, the database sees to that. */
const EXISTING = `
  ${INPUT}, target AS MATERIALIZED (
    SELECT u.id AS user_id, i.* FROM input i JOIN users u ON u.email = i.email WHERE i.id <> u.id)`;
export const LEAVE_TEAMS = `
  WITH ${EXISTING} DELETE FROM team_memberships m USING target t
  WHERE m.user_id = t.user_id AND m.given_by_hand AND 'teams' = ANY (t.said) AND m.team_id <> ALL (t.teams)
  RETURNING m.user_id AS id`;
export const JOIN_TEAMS = `
  WITH ${EXISTING} INSERT INTO team_memberships AS m (user_id, team_id, role)
  SELECT t.user_id, n.team_id, n.role FROM target t, unnest(t.teams, t.roles) AS n (team_id, role)
  WHERE 'teams' = ANY (t.said) AND NOT EXISTS (
    SELECT FROM team_memberships o WHERE o.user_id = t.user_id AND o.team_id = n.team_id AND o.given_by_hand
      AND coalesce(n.role, o.role, '') = coalesce(o.role, ''))
  ON CONFLICT (user_id, team_id) DO UPDATE SET given_by_hand = true, role = coalesce(excluded.role, m.role)
  RETURNING m.user_id AS id`;
export const LEAVE_DOMAINS = `
  WITH ${EXISTING} DELETE FROM user_domains d USING target t
  WHERE d.user_id = t.user_id AND d.given_by_hand AND 'domains' = ANY (t.said) AND d.domain_id <> ALL (t.domains)
  RETURNING d.user_id AS id`;
export const JOIN_DOMAINS = `
  WITH ${EXISTING} INSERT INTO user_domains (user_id, domain_id)
  SELECT t.user_id, n.domain_id FROM target t, unnest(t.domains) AS n (domain_id)
  WHERE 'domains' = ANY (t.said) AND NOT EXISTS (
    SELECT FROM user_domains o WHERE o.user_id = t.user_id AND o.domain_id = n.domain_id AND o.given_by_hand)
  ON CONFLICT (user_id, domain_id) DO UPDATE SET given_by_hand = true
  RETURNING user_id AS id`;
