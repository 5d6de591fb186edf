import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { onBehalfOf } from '../common/request-scope';
import type { IdentityContext } from '../security/identity-context';
import { Database, type PreparedStatement } from '../database/database';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';

/** Names a session of a person. */
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
  /** When the user last proved who they are. */
  readonly authenticatedAt: Date;
  /** The seconds since then, by the clock of the database. */
  readonly authenticationAge: number;
  /** How, in the words of RFC 8176. */
  readonly authMethods: readonly string[];
  /** Of the access tokens that are good now. */
  readonly tokenVersion: number;
}

/** Requests that one statement answers at most. */
const MAX_BATCH = 64;

const SELECT: PreparedStatement = {
  name: 'session-identities',
  text: `
    SELECT k.n, extract(epoch FROM session_authenticated_at(s))::float8 AS authenticated_at,
      extract(epoch FROM now() - session_authenticated_at(s))::float8 AS authentication_age,
      s.authentication_methods AS auth_methods, s.token_version, ${IDENTITY_COLUMNS}
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS k (user_id, session_id, n)
    JOIN users u ON u.id = k.user_id
    LEFT JOIN sessions s ON s.id = k.session_id AND s.user_id = u.id AND is_active_session(s, u)`,
};

interface Row extends IdentityRow {
  readonly n: string;
  /** Seconds since 1970, which are quicker to read than a time; null without an active session. */
  readonly authenticated_at: number | null;
  readonly authentication_age: number;
  readonly auth_methods: readonly string[];
  readonly token_version: number;
}

/**
 * Reads who is behind an access token: user, teams, domains and session in one statement. Requests that arrive in the same
 * turn of the event loop share it; nothing is kept, so that every answer is of after its request.
 */
@Injectable()
export class SessionIdentityReader {
  private readonly loader = new DataLoader<SessionKey, SessionIdentity | undefined>(
    (keys) => this.read(keys),
    {
      cache: false,
      maxBatchSize: MAX_BATCH,
      // The batch is on behalf of several requests: the deadline of the first one is not that of the others.
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
      };
}
