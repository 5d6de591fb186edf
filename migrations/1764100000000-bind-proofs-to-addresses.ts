import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * A proof belongs to the address that was proven: whoever changes an address, the proof of the old one goes. A statement
 * that also sets another time of proof brings a proof of the new address, and keeps it.
 */
export class BindProofsToAddresses1764100000000 implements MigrationInterface {
  readonly name = 'BindProofsToAddresses1764100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION forget_proof_of_address() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.email_verified_at := NULL;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'forget_proof_of_address()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_forget_proof_of_address BEFORE UPDATE ON users FOR EACH ROW
      WHEN (NEW.email IS DISTINCT FROM OLD.email
        AND NEW.email_verified_at IS NOT DISTINCT FROM OLD.email_verified_at)
      EXECUTE FUNCTION forget_proof_of_address()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_forget_proof_of_address ON users`);
    await queryRunner.query(`DROP FUNCTION forget_proof_of_address()`);
  }
}
