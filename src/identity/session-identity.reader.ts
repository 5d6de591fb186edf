import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { onBehalfOf } from '../common/request-scope';
import type { IdentityContext } from '../security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';

/** Names a session of a user. */
interface SessionKey {
  readonly userId: string;
  readonly sessionId: string;
}

/** The user of an access token, and its session if that is active. */
export interface SessionIdentity {
  readonly identity: IdentityContext;
  readonly session: ActiveSession | undefined;
}

/** What is known of an active session. */
export interface ActiveSession {
  /** When the user last authenticated. */
  readonly authenticatedAt: Date;
  /** Seconds since then, by the clock of the database. */
  readonly authenticationAge: number;
  /** How the user authenticated: `amr` values (RFC 8176). */
  readonly authMethods: readonly string[];
  /** The version of the access tokens that are accepted. */
  readonly tokenVersion: number;
  /** The version of the user's credentials. */
  readonly credentialsVersion: number;
  /** When it ends unless it is used or ended before, in milliseconds since 1970, by the clock of the database. */
  readonly endsAt: number;
}

/** Maximum number of requests per statement. */
const MAX_BATCH = 64;

const SELECT: PreparedStatement = {
  name: 'session-identities',
  text: `
    SELECT k.n, extract(epoch FROM session_authenticated_at(s))::float8 AS authenticated_at,
      extract(epoch FROM now() - session_authenticated_at(s))::float8 AS authentication_age,
      s.authentication_methods AS auth_methods, s.token_version,
      extract(epoch FROM least(s.expires_at, s.idle_expires_at))::float8 * 1000 AS ends_at, u.credentials_version, ${IDENTITY_COLUMNS}
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k (user_id, session_id, n)
    JOIN users u ON u.id = k.user_id
    LEFT JOIN sessions s ON s.id = k.session_id AND s.user_id = u.id AND is_active_session(s, u)`,
};

interface Row extends IdentityRow {
  readonly n: string;
  /** Seconds since 1970, faster to parse than a timestamp; null without an active session. */
  readonly authenticated_at: number | null;
  readonly authentication_age: number;
  readonly auth_methods: readonly string[];
  readonly token_version: number;
  readonly credentials_version: number;
  readonly ends_at: number;
}

/**
 * Reads the user of an access token with teams, domains and session in one statement. Requests that arrive in the same turn
 * of the event loop share it; nothing is cached, so every answer is read after its request arrived.
 */
@Injectable()
export class SessionIdentityReader {
  private readonly loader = new DataLoader<SessionKey, SessionIdentity | undefined>(
    (keys) => this.read(keys),
    {
      cache: false,
      maxBatchSize: MAX_BATCH,
      // A batch serves several requests, so the deadline of the first one must not apply to it.
      batchScheduleFn: (callback) => onBehalfOf(undefined, () => setImmediate(callback)),
    },
  );

  constructor(private readonly database: Database) {}

  /** Undefined when there is no such user. */
  find(userId: string, sessionId: string): Promise<SessionIdentity | undefined> {
    return this.database.shared(() => this.loader.load({ userId, sessionId }));
  }

  private async read(keys: readonly SessionKey[]): Promise<(SessionIdentity | undefined)[]> {
    const rows = await this.database.statement<Row>(SELECT, [
      keys.map(({ userId }) => userId),
      keys.map(({ sessionId }) => sessionId),
    ]);
    const found = new Array<SessionIdentity | undefined>(keys.length).fill(undefined);
    for (const row of rows) {
      found[Number(row.n) - 1] = {
        identity: parseIdentityRow(row),
        session: parseSession(row),
      };
    }
    return found;
  }
}

function parseSession(row: Row): ActiveSession | undefined {
  return row.authenticated_at === null
    ? undefined
    : {
        authenticatedAt: new Date(row.authenticated_at * 1000),
        authenticationAge: row.authentication_age,
        authMethods: row.auth_methods,
        tokenVersion: row.token_version,
        credentialsVersion: row.credentials_version,
        endsAt: row.ends_at,
      };
}
