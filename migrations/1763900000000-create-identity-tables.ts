import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, teams, domains, memberships and assignments. */
export class CreateIdentityTables1763900000000 implements MigrationInterface {
  readonly name = 'CreateIdentityTables1763900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        email text NOT NULL,
        name text NOT NULL,
        password_hash text,
        avatar_url text,
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_users PRIMARY KEY (id),
        CONSTRAINT uq_users_email UNIQUE (email),
        CONSTRAINT ck_users_email_normalised CHECK (email = lower(email) AND octet_length(email) BETWEEN 3 AND 254)
      )`);
    await queryRunner.query(`
      CREATE TABLE teams (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name text NOT NULL,
        external_ref text,
        is_active boolean NOT NULL DEFAULT true,
        CONSTRAINT pk_teams PRIMARY KEY (id),
        CONSTRAINT uq_teams_name UNIQUE (name),
        CONSTRAINT uq_teams_external_ref UNIQUE (external_ref)
      )`);
    await queryRunner.query(`
      CREATE TABLE team_memberships (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        team_id uuid NOT NULL,
        role text,
        CONSTRAINT pk_team_memberships PRIMARY KEY (id),
        CONSTRAINT uq_team_memberships_user_id_team_id UNIQUE (user_id, team_id),
        CONSTRAINT fk_team_memberships_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT fk_team_memberships_team_id FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ix_team_memberships_team_id ON team_memberships (team_id)`);
    await queryRunner.query(`
      CREATE TABLE domains (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        key text NOT NULL,
        name text NOT NULL,
        parent_domain_id uuid,
        is_active boolean NOT NULL DEFAULT true,
        CONSTRAINT pk_domains PRIMARY KEY (id),
        CONSTRAINT uq_domains_key UNIQUE (key),
        CONSTRAINT fk_domains_parent_domain_id FOREIGN KEY (parent_domain_id) REFERENCES domains (id) ON DELETE RESTRICT,
        CONSTRAINT ck_domains_parent_is_other CHECK (parent_domain_id <> id)
      )`);
    await queryRunner.query(`CREATE INDEX ix_domains_parent_domain_id ON domains (parent_domain_id)`);
    await queryRunner.query(`
      CREATE TABLE user_domains (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        user_id uuid NOT NULL,
        domain_id uuid NOT NULL,
        CONSTRAINT pk_user_domains PRIMARY KEY (id),
        CONSTRAINT uq_user_domains_user_id_domain_id UNIQUE (user_id, domain_id),
        CONSTRAINT fk_user_domains_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT fk_user_domains_domain_id FOREIGN KEY (domain_id) REFERENCES domains (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ix_user_domains_domain_id ON user_domains (domain_id)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE user_domains`);
    await queryRunner.query(`DROP TABLE domains`);
    await queryRunner.query(`DROP TABLE team_memberships`);
    await queryRunner.query(`DROP TABLE teams`);
    await queryRunner.query(`DROP TABLE users`);
  }
}
