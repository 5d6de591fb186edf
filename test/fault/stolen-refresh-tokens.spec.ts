import { request } from 'node:http';
import { register, type Account } from '../support/http/accounts';
import { flushedLogs } from '../support/process/flushed-logs';
import {
  endReasonOf,
  isValid,
  login,
  refresh,
  refreshed,
  tokensOf,
  type TokenPair,
} from '../support/tokens/sessions';
import { useService } from '../support/process/use-service';

const OWNER = { 'User-Agent': 'Owner/1.0' };
const THIEF = { 'User-Agent': 'Thief/6.66' };

describe('a refresh token that was copied (R78)', () => {
  const service = useService();
  const { database } = service;

  async function ownersSession(): Promise<{ account: Account; session: TokenPair }> {
    const account = await register(service);
    return { account, session: tokensOf(await login(service, account, OWNER)) };
  }

  /** What the audit says of the refreshes of a session, in order. */
  async function auditOf(sid: string): Promise<unknown[]> {
    return (await flushedLogs(service))
      .filter(
        ({ audit, session_id, msg }) =>
          audit === true && session_id === sid && msg !== 'auth.login.succeeded',
      )
      .map(({ msg, user_id, source }) => ({ msg, user_id, ip_address: (source as { ip: string }).ip }));
  }

  /** Refreshes as a client does that names no user agent. */
  function refreshNameless(refreshToken: string): Promise<number | undefined> {
    const headers = { 'Content-Type': 'application/json' };
    return new Promise((answered, fail) => {
      const sent = request(`${service.url}/auth/refresh`, { method: 'POST', headers }, (response) => {
        response.resume().once('end', () => answered(response.statusCode));
      });
      sent.once('error', fail).end(JSON.stringify({ refresh_token: refreshToken }));
    });
  }

  it('follows its owner through the grace not unseen: each retry is an audit event of its own', async () => {
    const { account, session } = await ownersSession();
    let stolen = session.refreshToken;
    for (let round = 0; round < 3; round++) {
      const owners = await refreshed(service, stolen, OWNER);
      const copy = await refreshed(service, stolen, OWNER); // a thief who has heard what the owner's client is called
      expect(copy.refreshToken).toBe(owners.refreshToken);
      stolen = copy.refreshToken;
    }
    const from = { user_id: account.id, ip_address: '127.0.0.1' };
    const [refreshOf, retryOf] = ['auth.refreshed', 'auth.refresh.retried'].map((msg) => ({ msg, ...from }));
    expect(await auditOf(session.sid)).toEqual([refreshOf, retryOf, refreshOf, retryOf, refreshOf, retryOf]);
  });

  it('ends the session within the grace when it comes with another user agent', async () => {
    const { account, session } = await ownersSession();
    const owners = await refreshed(service, session.refreshToken, OWNER);
    expect((await refresh(service, session.refreshToken, THIEF)).status).toBe(401);
    expect(await endReasonOf(database, session.sid)).toBe('refresh-token-reuse');
    expect(await isValid(service, owners.accessToken)).toBe(false);
    expect((await refresh(service, owners.refreshToken, OWNER)).status).toBe(401);
    const from = { user_id: account.id, ip_address: '127.0.0.1' };
    expect(await auditOf(session.sid)).toEqual([
      { msg: 'auth.refreshed', ...from },
      { msg: 'auth.refresh.reused', ...from },
      { msg: 'auth.refresh.refused', ...from },
    ]);
  });

  it('opens nothing within the grace when it comes without a user agent; the audit knows', async () => {
    const { account, session } = await ownersSession();
    const owners = await refreshed(service, session.refreshToken, OWNER);
    expect(await refreshNameless(session.refreshToken)).toBe(401);
    expect((await refresh(service, owners.refreshToken, OWNER)).status).toBe(200);
    const from = { user_id: account.id, ip_address: '127.0.0.1' };
    expect(await auditOf(session.sid)).toEqual([
      { msg: 'auth.refreshed', ...from },
      { msg: 'auth.refresh.refused', ...from },
      { msg: 'auth.refreshed', ...from },
    ]);
  });

  it('ends the session of a client that never names one when it comes with a user agent, and the other way round', async () => {
    const { session } = await ownersSession();
    const namelessly = `UPDATE sessions SET user_agent = NULL WHERE id = $1`;
    await database.query(namelessly, [session.sid]);
    await refreshed(service, session.refreshToken, THIEF);
    expect(await refreshNameless(session.refreshToken)).toBe(401);
    expect(await endReasonOf(database, session.sid)).toBe('refresh-token-reuse');

    const { session: other } = await ownersSession();
    await database.query(namelessly, [other.sid]);
    expect(await refreshNameless(other.refreshToken)).toBe(200);
    expect(await refreshNameless(other.refreshToken)).toBe(200);
    expect((await refresh(service, other.refreshToken, THIEF)).status).toBe(401);
    expect(await endReasonOf(database, other.sid)).toBe('refresh-token-reuse');
  });

  it('ends the session within the grace when the owner comes after a thief who was faster', async () => {
    const { session } = await ownersSession();
    const thiefs = await refreshed(service, session.refreshToken, THIEF);
    expect((await refresh(service, session.refreshToken, OWNER)).status).toBe(401);
    expect((await refresh(service, thiefs.refreshToken, THIEF)).status).toBe(401);
    expect(await endReasonOf(database, session.sid)).toBe('refresh-token-reuse');
  });

  it('binds no session to a user agent for good: the next exchange may come with a newer one', async () => {
    const { session } = await ownersSession();
    const updated = { 'User-Agent': 'Owner/1.1' };
    const first = await refreshed(service, session.refreshToken, updated);
    expect((await refreshed(service, session.refreshToken, updated)).refreshToken).toBe(first.refreshToken);
    expect((await refresh(service, first.refreshToken, OWNER)).status).toBe(200);
  });

  it('serves a retry of an exchange that named no user agent to the one that was named last', async () => {
    const { session } = await ownersSession();
    expect(await refreshNameless(session.refreshToken)).toBe(200);
    const retry = await refreshed(service, session.refreshToken, OWNER);
    expect((await refresh(service, retry.refreshToken, OWNER)).status).toBe(200);
    expect(await endReasonOf(database, session.sid)).toBeNull();
  });
});
