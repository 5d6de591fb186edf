import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';

const BY_EMAIL: PreparedStatement = {
  name: 'identity-by-email',
  text: `SELECT u.password_hash, u.credentials_version, u.must_change_password, u.tokens_not_before, ${IDENTITY_COLUMNS} FROM users u WHERE u.email = $1`,
};
const BY_ID: PreparedStatement = {
  name: 'identity-by-id',
  text: `SELECT ${IDENTITY_COLUMNS} FROM users u WHERE u.id = $1`,
};

interface CredentialsRow extends IdentityRow {
  readonly password_hash: string | null;
  readonly credentials_version: number;
  readonly must_change_password: boolean;
  readonly tokens_not_before: Date | null;
}

/** A user and what a sign-in needs; the hash must not leave the password check. */
export interface IdentityWithCredentials {
  readonly identity: IdentityContext;
  readonly passwordHash: string | null;
  /** A session opens only while the credentials still have this version. */
  readonly credentialsVersion: number;
  /** Whether somebody else chose the password: it opens nothing but its change. */
  readonly mustChangePassword: boolean;
  /** What was issued to the user earlier has ended. */
  readonly tokensNotBefore: Date | null;
}

/** Reads a user with teams and domains, always from the database. */
@Injectable()
export class IdentityContextReader {
  constructor(private readonly database: Database) {}

  /** By normalised address. */
  async findByEmail(email: string): Promise<IdentityContext | undefined> {
    return (await this.findWithCredentials(email))?.identity;
  }

  /** By normalised address, for a sign-in. */
  async findWithCredentials(email: string): Promise<IdentityWithCredentials | undefined> {
    const [row] = await this.database.statement<CredentialsRow>(BY_EMAIL, [email]);
    return row && parseCredentialsRow(row);
  }

  /** By id, inside a transaction. */
  async getById(id: string, manager: EntityManager): Promise<IdentityContext> {
    return parseIdentityRow(await getRow<IdentityRow>(BY_ID, id, manager));
  }

  /** By normalised address, inside a transaction. */
  async getByEmail(email: string, manager: EntityManager): Promise<IdentityContext> {
    return (await this.getWithCredentials(email, manager)).identity;
  }

  /** By normalised address, inside a transaction, for a sign-in. */
  async getWithCredentials(email: string, manager: EntityManager): Promise<IdentityWithCredentials> {
    return parseCredentialsRow(await getRow<CredentialsRow>(BY_EMAIL, email, manager));
  }
}

/** Sees the writes of its own transaction; refuses a user who was deleted after the request arrived. */
async function getRow<Row>({ text }: PreparedStatement, key: string, manager: EntityManager): Promise<Row> {
  const [row] = await manager.query<Row[]>(text, [key]);
  if (row === undefined) throw new AppError('invalid-token', { reason: 'unknown user' });
  return row;
}

function parseCredentialsRow(row: CredentialsRow): IdentityWithCredentials {
  return {
    identity: parseIdentityRow(row),
    passwordHash: row.password_hash,
    credentialsVersion: row.credentials_version,
    mustChangePassword: row.must_change_password,
    tokensNotBefore: row.tokens_not_before,
  };
}
