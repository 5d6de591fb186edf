import { isJsonObject, type JsonObject } from '../common/json-object';
import { isStorableText } from '../common/validation/text-rules';
import type { GroupsClaim } from '../config/oidc-issuer';
import { isText } from '../tokens/claim-rules';
import { findClaim } from './claim-value';
import type { ReportClaim } from './unexpected-claims';

/** What a boolean claim says; `form` when it is something else. */
export type Flag = 'true' | 'false' | 'missing' | 'form';

/** Reads claims of the expected form; reports and ignores claims of any other form. */
export class ClaimReader {
  constructor(
    private readonly claims: JsonObject,
    private readonly report: ReportClaim,
  ) {}

  /** A non-empty string. */
  text(name: string): string | undefined {
    const value = this.find(name, 'text');
    if (value === undefined || value === null || value === '') return undefined;
    if (isText(value)) return value;
    this.report(name, value, 'text');
    return undefined;
  }

  /** What a claim says that should be a boolean or, where text is allowed, exactly the string "true" or "false". */
  flag(name: string, isTextAllowed: boolean): Flag {
    const expected = isTextAllowed ? 'boolean, "true" or "false"' : 'boolean';
    const { value, obstacle } = findClaim(this.claims, name);
    if (obstacle && obstacle.value !== null) {
      this.report(obstacle.claim, obstacle.value, `a way to ${expected}`);
      return 'form';
    }
    const flag = flagOf(value, isTextAllowed);
    if (flag === 'form') this.report(name, value, expected);
    return flag;
  }

  /**
   * The names that a claim lists, mapped to local names. Undefined when the issuer does not manage memberships, or when the
   * claim has an unexpected form, so that memberships stay unchanged. A missing claim means an empty list: Cognito omits the
   * groups of a user who is in none.
   */
  groups(groups: GroupsClaim | undefined): readonly string[] | undefined {
    if (!groups || this.isElsewhere(groups.claim)) return undefined;
    const names = this.names(groups);
    const { mapping } = groups;
    if (!mapping) return names;
    return names?.flatMap((name) => (Object.hasOwn(mapping, name) ? (mapping[name] ?? []) : []));
  }

  private names({ claim, form }: GroupsClaim): string[] | undefined {
    const expected = form === 'keys' ? 'object' : 'text or list of text';
    const { value, obstacle } = findClaim(this.claims, claim);
    const names = obstacle ? undefined : namesIn(value, form);
    if (!names) this.report(obstacle?.claim ?? claim, obstacle ? obstacle.value : value, expected);
    return names?.filter((name) => isText(name) && isStorableText(name));
  }

  private find(name: string, expected: string): unknown {
    const { value, obstacle } = findClaim(this.claims, name);
    if (obstacle && obstacle.value !== null)
      this.report(obstacle.claim, obstacle.value, `a way to ${expected}`);
    return value;
  }

  /**
   * Whether the claim was too long for the token, which only says where to fetch it (OpenID Connect Core 1.0 section 5.6.2;
   * Entra calls it overage, and sends `hasgroups` in the implicit flow). Memberships then stay unchanged.
   */
  private isElsewhere(claim: string): boolean {
    if (Object.hasOwn(this.claims, claim)) return false;
    const { _claim_names: elsewhere, hasgroups } = this.claims;
    return (
      (isJsonObject(elsewhere) && Object.hasOwn(elsewhere, claim)) ||
      (claim === 'groups' && hasgroups === true)
    );
  }
}

function flagOf(value: unknown, isTextAllowed: boolean): Flag {
  if (value === undefined || value === null) return 'missing';
  if (value === true || (isTextAllowed && value === 'true')) return 'true';
  if (value === false || (isTextAllowed && value === 'false')) return 'false';
  return 'form';
}

/** Undefined when the value has another form. */
function namesIn(value: unknown, form: GroupsClaim['form']): string[] | undefined {
  if (value === undefined) return [];
  if (form === 'keys') return isJsonObject(value) ? Object.keys(value) : undefined;
  const names: unknown[] = Array.isArray(value) ? value : [value];
  return names.every((name) => typeof name === 'string') ? names : undefined;
}
