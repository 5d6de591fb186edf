import type { IdentityContext } from '../../security/identity-context';
import type { AuthenticationMethod } from '../../security/principal';
import { toUserContextResponse, type UserContextResponse } from '../dto/user-context-response.dto';

/** A user as answered, in JSON: in parts, of which many users have the teams and domains in common. */
export class UserAnswer {
  constructor(
    readonly userId: string,
    /** How the token proves it. */
    readonly method: AuthenticationMethod,
    /** The object up to its lists. */
    readonly head: string,
    /** The elements of the lists, one list after the other. */
    readonly elements: readonly string[],
    private readonly teams: number,
    private readonly domains: number,
  ) {}

  /** The `UserContext` of the contract. */
  get json(): string {
    const { elements, teams, domains } = this;
    const direct = teams + domains;
    return `${this.head},"teams":[${joined(elements, 0, teams)}],"domains":[${joined(elements, teams, direct)}],"effective_domains":[${joined(elements, direct, elements.length)}]}`;
  }

  /** The same as an object. */
  get context(): UserContextResponse {
    return JSON.parse(this.json) as UserContextResponse;
  }

  /** The same answer with other copies of its elements. */
  withElements(elements: readonly string[]): UserAnswer {
    return new UserAnswer(this.userId, this.method, this.head, elements, this.teams, this.domains);
  }
}

/** The answer about a user. */
export function toUserAnswer(identity: IdentityContext, method: AuthenticationMethod): UserAnswer {
  const { teams, domains, effective_domains: effective, ...rest } = toUserContextResponse(identity);
  const elements = [...teams, ...domains, ...effective].map((element) => JSON.stringify(element));
  return new UserAnswer(
    identity.id,
    method,
    JSON.stringify(rest).slice(0, -1),
    elements,
    teams.length,
    domains.length,
  );
}

function joined(texts: readonly string[], from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += at === from ? texts[at]! : `,${texts[at]!}`;
  return text;
}
