import { Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { AppError } from '../../common/errors/app-error';
import { invalidInput } from '../../common/errors/invalid-input';
import type { UserAnswer } from '../../identity/snapshots/user-answer';
import { tokenRefusal } from '../../tokens/access-tokens';
import { TokenValidationService } from '../token-validation.service';
import { activeTeams, domainKeys, verifyHeaders } from './verify-headers';

/** What a gateway may ask of the user. */
const REQUIREMENTS = {
  team: { rule: 'must be the id of one team (a UUID)', fits: (value: string) => isUUID(value, 'all') },
  domain: { rule: 'must be the key of one domain', fits: (value: string) => value !== '' },
  role: { rule: 'must be user or admin', fits: (value: string) => value === 'user' || value === 'admin' },
};
type Requirements = Partial<Record<keyof typeof REQUIREMENTS, string>>;

/** A query as Express parses it. */
export type Query = Readonly<Record<string, unknown>>;

/** Decides for gateways whether a request may pass, and tells the service behind them whose it is. */
@Injectable()
export class VerifyService {
  constructor(private readonly tokens: TokenValidationService) {}

  /**
   * The headers about the user of a token. Refuses an unknown requirement (`invalid-input`), a missing or refused token, and
   * a user who lacks what is required (`forbidden`), in this order.
   */
  async verify(token: string | undefined, query: Query): Promise<[name: string, value: string][]> {
    const requirements = parseRequirements(query);
    if (token === undefined) throw new AppError('authentication-required');
    return headersOf(await this.authenticate(token), requirements);
  }

  private async authenticate(token: string): Promise<UserAnswer> {
    try {
      return await this.tokens.authenticate(token);
    } catch (error) {
      throw tokenRefusal(error) ?? error;
    }
  }
}

function headersOf(answer: UserAnswer, { team, domain, role }: Requirements): [string, string][] {
  const user = answer.context;
  if (team !== undefined && !activeTeams(user).includes(team.toLowerCase())) throw lacks('team');
  if (domain !== undefined && !domainKeys(user).includes(domain)) throw lacks('domain');
  // An administrator may do what a user may.
  if (role !== undefined && role !== user.role && role !== 'user') throw lacks('role');
  return verifyHeaders(user);
}

function lacks(what: string): AppError {
  return new AppError('forbidden', { detail: `The user does not have the required ${what}.` });
}

function parseRequirements(query: Query): Requirements {
  const faults = Object.entries(query).flatMap(([name, value]) => {
    if (!Object.hasOwn(REQUIREMENTS, name))
      return [{ pointer: '#', detail: 'The query may have team, domain and role, and nothing else.' }];
    const { rule, fits } = REQUIREMENTS[name as keyof Requirements];
    return typeof value === 'string' && fits(value) ? [] : [{ pointer: `#/${name}`, detail: rule }];
  });
  if (faults.length > 0) throw invalidInput(faults);
  return query;
}
