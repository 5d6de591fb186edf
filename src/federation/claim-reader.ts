import { isJsonObject, type JsonObject } from '../common/json-object';
import { isStorableText } from '../common/validation/text-rules';
import type { GroupsClaim } from '../config/oidc-issuer';
import { isText } from '../tokens/claim-rules';
import { findClaim } from './claim-value';
import type { ReportClaim } from './unexpected-claims';

/** Reads claims in the form that is expected of them; reports those of another form, which then say nothing. */
export class ClaimReader {
  constructor(
    private readonly claims: JsonObject,
    private readonly report: ReportClaim,
  ) {}

  /** A text with something in it. */
  text(name: string): string | undefined {
    const value = this.find(name, 'text');
    if (value === undefined || value === null || value === '') return undefined;
    if (isText(value)) return value;
    this.report(name, value, 'text');
    return undefined;
  }

  /** The boolean true, or, where that is allowed, the text "true" and nothing like it. */
  flag(name: string, isTextAllowed: boolean): boolean {
    const expected = isTextAllowed ? 'boolean, "true" or "false"' : 'boolean';
    const value = this.find(name, expected);
    const isExpected =
      typeof value === 'boolean' || (isTextAllowed && (value === 'true' || value === 'false'));
    if (!isExpected && value !== undefined && value !== null) this.report(name, value, expected);
    return value === true || (isTextAllowed && value === 'true');
  }

  /**
   * The names that a claim lists, as they are called here; undefined when the issuer has no say in that, or when the claim is
   * not there in the form expected: then nobody knows. A claim that is missing lists nothing: Cognito leaves out the groups of
   * a person who is in none.
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
   * Too long for the token, so the provider only says where to ask (OpenID Connect Core 1.0 section 5.6.2; Entra calls it
   * overage, and says `hasgroups` in the implicit flow). Then we do not know, and leave things as they are.
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

/** Undefined for what has another form. */
function namesIn(value: unknown, form: GroupsClaim['form']): string[] | undefined {
  if (value === undefined) return [];
  if (form === 'keys') return isJsonObject(value) ? Object.keys(value) : undefined;
  const names: unknown[] = Array.isArray(value) ? value : [value];
  return names.every((name) => typeof name === 'string') ? names : undefined;
}
