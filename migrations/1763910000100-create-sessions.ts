import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions and their consumed refresh tokens. */
export class CreateSessions1763910000100 implements MigrationInterface {
  readonly name = 'CreateSessions1763910000100';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sessions (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        idle_expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        current_token_hash bytea NOT NULL,
        previous_token_hash bytea,
        rotated_at timestamptz,
        user_agent text,
        ip_address text,
        CONSTRAINT pk_sessions PRIMARY KEY (id),
        CONSTRAINT uq_sessions_current_token_hash UNIQUE (current_token_hash),
        CONSTRAINT fk_sessions_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ix_sessions_user_id ON sessions (user_id)`);
    await queryRunner.query(`CREATE INDEX ix_sessions_idle_expires_at ON sessions (idle_expires_at)`);
    await queryRunner.query(
      `CREATE INDEX ix_sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL`,
    );
    await queryRunner.query(`
      CREATE TABLE used_refresh_tokens (
        hash bytea NOT NULL,
        session_id uuid NOT NULL,
        CONSTRAINT pk_used_refresh_tokens PRIMARY KEY (hash),
        CONSTRAINT fk_used_refresh_tokens_session_id FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(
      `CREATE INDEX ix_used_refresh_tokens_session_id ON used_refresh_tokens (session_id)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE used_refresh_tokens`);
    await queryRunner.query(`DROP TABLE sessions`);
  }
}
