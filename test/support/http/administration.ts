import { register, type Account } from './accounts';
import { bearer, send, type Answer } from './http';
import type { Service } from '../process/service';
import type { TestDatabase } from '../database/test-database';

/** A user who calls the API; without an account nobody does. */
export class ApiUser {
  constructor(
    private readonly service: Pick<Service, 'url'>,
    readonly account: Account,
  ) {}

  get id(): string {
    return this.account.id;
  }

  /** The same user at another replica. */
  at(service: Pick<Service, 'url'>): ApiUser {
    return new ApiUser(service, this.account);
  }

  send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    return send<Body>(this.service, method, path, {
      headers: { ...bearer(this.account.token), ...headers },
      ...(body !== undefined && { body }),
    });
  }

  /** Fails unless the answer has this status. */
  async must<Body = Record<string, unknown>>(
    status: number,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Body> {
    const answer = await this.send<Body>(method, path, body);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }
}

/** A registered user. */
export async function aUser(service: Pick<Service, 'url'>): Promise<ApiUser> {
  return new ApiUser(service, await register(service));
}

/** A registered user with a proven address, whom an operator has made an administrator. */
export async function anAdmin(service: Pick<Service, 'url'>, database: TestDatabase): Promise<ApiUser> {
  const admin = await aUser(service);
  await database.query(`UPDATE users SET role = 'admin', email_verified_at = now() WHERE id = $1`, [
    admin.id,
  ]);
  return admin;
}

/** Makes the addresses of users proven. */
export async function prove(database: TestDatabase, ...users: readonly ApiUser[]): Promise<void> {
  await database.query('UPDATE users SET email_verified_at = now() WHERE id = ANY ($1)', [
    users.map(({ id }) => id),
  ]);
}
