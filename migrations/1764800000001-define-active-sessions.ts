import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an active session is, and when its user last proved who they are: once, for the statements of every room. Bodies in the
 * form of the SQL standard name tables and columns by identity, whatever the `search_path` of the session; without a pinned one
 * PostgreSQL puts them into the statement that calls them, so that they cost nothing and use the indexes.
 */
export class DefineActiveSessions1764800000001 implements MigrationInterface {
  readonly name = 'DefineActiveSessions1764800000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION session_authenticated_at(s sessions) RETURNS timestamptz LANGUAGE sql STABLE
      RETURN coalesce(s.reauthenticated_at, s.created_at)`);
    // The last condition holds for whatever ended the user's tokens, also for a session that it could not see yet.
    await queryRunner.query(`
      CREATE FUNCTION is_active_session(s sessions, u users) RETURNS boolean LANGUAGE sql STABLE
      RETURN s.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()
        AND (coalesce(s.reauthenticated_at, s.created_at) < u.tokens_not_before) IS NOT TRUE`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION is_active_session(sessions, users)`);
    await queryRunner.query(`DROP FUNCTION session_authenticated_at(sessions)`);
  }
}
