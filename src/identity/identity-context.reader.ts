import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IdentityContext } from '../common/security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { parseIdentityRow, type IdentityRow } from './identity-row';

/**
 * The person `u` with teams and domains, for one statement. The two lists are aggregated in sub-selects: joined flat,
 * they would multiply each other's rows.
 */
export const IDENTITY_COLUMNS = `
    u.id, u.email, u.name, u.avatar_url, u.created_at, u.is_active, u.password_hash,
    (SELECT json_agg(json_build_array(t.id, t.name, t.external_ref, t.is_active, m.role) ORDER BY t.name)
       FROM team_memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id) AS teams,
    (SELECT json_agg(json_build_array(d.id, d.key, d.name, d.parent_domain_id, d.is_active) ORDER BY d.name, d.key)
       FROM user_domains a JOIN domains d ON d.id = a.domain_id WHERE a.user_id = u.id) AS domains`;
const SELECT_IDENTITY = `SELECT ${IDENTITY_COLUMNS} FROM users u`;

const BY_ID: PreparedStatement = { name: 'identity-by-id', text: `${SELECT_IDENTITY} WHERE u.id = $1` };
const BY_EMAIL: PreparedStatement = {
  name: 'identity-by-email',
  text: `${SELECT_IDENTITY} WHERE u.email = $1`,
};

/** A person and the stored hash of their password; the hash goes no further than the check of a password. */
export interface IdentityWithHash {
  readonly identity: IdentityContext;
  readonly passwordHash: string | null;
}

/** Answers "who is this person, with teams and domains", always from the database. */
@Injectable()
export class IdentityContextReader {
  constructor(private readonly database: Database) {}

  async findById(id: string): Promise<IdentityContext | undefined> {
    const [row] = await this.database.statement<IdentityRow>(BY_ID, [id]);
    return row && parseIdentityRow(row);
  }

  /** By normalised address. */
  async findByEmail(email: string): Promise<IdentityContext | undefined> {
    return (await this.findWithHash(email))?.identity;
  }

  /** By normalised address, for the check of a password. */
  async findWithHash(email: string): Promise<IdentityWithHash | undefined> {
    const [row] = await this.database.statement<IdentityRow>(BY_EMAIL, [email]);
    return row && { identity: parseIdentityRow(row), passwordHash: row.password_hash };
  }

  /** Inside a transaction, so that its own writes are seen; by normalised address. */
  async getByEmail(email: string, manager: EntityManager): Promise<IdentityContext> {
    const [row] = await manager.query<IdentityRow[]>(BY_EMAIL.text, [email]);
    if (!row) throw new Error('the user vanished inside the transaction');
    return parseIdentityRow(row);
  }
}
