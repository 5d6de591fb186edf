import type { Answer } from './http';
import { goodRequests, type GoodRequest } from './every-route';
import type { Account } from './accounts';

interface Outcome {
  readonly name: string;
  readonly answer: Answer;
}

/** Many clients at once that send good requests of every kind, one after the other, until they are told to stop. */
export class Load {
  readonly outcomes: Outcome[] = [];
  /** Registrations that were answered 201. */
  readonly registered: string[] = [];
  private stopping = false;
  private readonly clients: Promise<void>[];

  constructor(
    private readonly service: { readonly url: string },
    account: Pick<Account, 'email' | 'password' | 'token'>,
    clients: number,
  ) {
    this.clients = Array.from({ length: clients }, (_, n) => this.run(account, n));
    for (const client of this.clients) client.catch(() => undefined); // `stop` tells
  }

  /** Lets every client end its request. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.clients);
  }

  /** The outcomes that no good request may have, whatever the database does (I5): one line for each kind. */
  faults(): string[] {
    const faults = this.outcomes.flatMap(({ name, answer: { status, headers, body } }) => {
      if (status === 503) return headers.has('retry-after') ? [] : [`${name}: 503 without Retry-After`];
      if (status >= 300) return [`${name}: ${status} ${String(body.code)}`];
      return name === 'POST /auth/validate' && body.valid !== true
        ? [`${name}: valid is ${String(body.valid)}`]
        : [];
    });
    return [...new Set(faults)];
  }

  count(status: number): number {
    return this.outcomes.filter(({ answer }) => answer.status === status).length;
  }

  private async run(account: Pick<Account, 'email' | 'password' | 'token'>, start: number): Promise<void> {
    let requests: readonly GoodRequest[] = goodRequests(account);
    for (let n = start; !this.stopping; n++) {
      const { name, send } = requests[n % requests.length] as GoodRequest;
      const answer = await send(this.service);
      this.outcomes.push({ name, answer });
      if (name === 'POST /auth/login' && answer.status === 200) {
        // An account keeps its newest 100 sessions only (R80): the first token would end after as many rounds.
        requests = goodRequests({ ...account, token: String(answer.body.access_token) });
      }
      if (name === 'POST /auth/register' && answer.status === 201) {
        this.registered.push((answer.body as { user: { email: string } }).user.email);
      }
    }
  }
}
