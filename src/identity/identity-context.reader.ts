import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';

const BY_EMAIL: PreparedStatement = {
  name: 'identity-by-email',
  text: `SELECT u.password_hash, ${IDENTITY_COLUMNS} FROM users u WHERE u.email = $1`,
};
const BY_ID: PreparedStatement = {
  name: 'identity-by-id',
  text: `SELECT u.password_hash, ${IDENTITY_COLUMNS} FROM users u WHERE u.id = $1`,
};

type Row = IdentityRow & { readonly password_hash: string | null };

/** A person and the stored hash of their password; the hash goes no further than the check of a password. */
export interface IdentityWithHash {
  readonly identity: IdentityContext;
  readonly passwordHash: string | null;
}

/** Answers "who is this person, with teams and domains", always from the database. */
@Injectable()
export class IdentityContextReader {
  constructor(private readonly database: Database) {}

  /** By normalised address. */
  async findByEmail(email: string): Promise<IdentityContext | undefined> {
    return (await this.findWithHash(email))?.identity;
  }

  /** By normalised address, for the check of a password. */
  async findWithHash(email: string): Promise<IdentityWithHash | undefined> {
    const [row] = await this.database.statement<Row>(BY_EMAIL, [email]);
    return row && { identity: parseIdentityRow(row), passwordHash: row.password_hash };
  }

  /** By id, inside a transaction. */
  async getById(id: string, manager: EntityManager): Promise<IdentityContext> {
    return this.getInside(BY_ID, id, manager);
  }

  /** By normalised address, inside a transaction. */
  async getByEmail(email: string, manager: EntityManager): Promise<IdentityContext> {
    return this.getInside(BY_EMAIL, email, manager);
  }

  /** Sees the writes of its own transaction; refuses a person who was removed since the request came in. */
  private async getInside(
    { text }: PreparedStatement,
    key: string,
    manager: EntityManager,
  ): Promise<IdentityContext> {
    const [row] = await manager.query<Row[]>(text, [key]);
    if (!row) throw new AppError('invalid-token', { reason: 'unknown user' });
    return parseIdentityRow(row);
  }
}
