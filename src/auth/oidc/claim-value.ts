import { isJsonObject, type JsonObject } from '../../common/json-object';

/** What stands under a name in the claims. */
export interface FoundClaim {
  /** Undefined when nothing does. */
  readonly value: unknown;
  /** Where a path ended at something that has no members: what stands there, under which part of the name. */
  readonly obstacle?: { readonly claim: string; readonly value: unknown };
}

/**
 * The claim of that name, which may hold dots (`https://example.com/groups`), else a path (`realm_access.roles`), whose parts
 * can be places in a list (`emails.0`).
 */
export function findClaim(claims: JsonObject, name: string): FoundClaim {
  if (Object.hasOwn(claims, name)) return { value: claims[name] };
  const parts = name.split('.');
  let value: unknown = claims;
  for (const [index, part] of parts.entries()) {
    const isMember = Array.isArray(value) ? /^\d+$/.test(part) : isJsonObject(value);
    if (!isMember) return { value: undefined, obstacle: { claim: parts.slice(0, index).join('.'), value } };
    if (!Object.hasOwn(value as object, part)) return { value: undefined };
    value = (value as Record<string, unknown>)[part];
  }
  return { value };
}

/** The value of a claim, undefined when there is none or its path ends before it. */
export function claimValue(claims: JsonObject, name: string): unknown {
  return findClaim(claims, name).value;
}

/** The form of a value in words, for the log: the value itself may be personal. */
export function formOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const forms = new Set(value.map((item: unknown) => (Array.isArray(item) ? 'list' : formOf(item))));
    return forms.size === 0 ? 'empty list' : `list of ${[...forms].sort().join(' and ')}`;
  }
  return typeof value === 'string' ? 'text' : typeof value;
}
