import { isJsonObject, type JsonObject } from '../common/json-object';

/** What stands under a name in the claims. */
export interface FoundClaim {
  /** Undefined when nothing does. */
  readonly value: unknown;
  /** Where a path ended at something that has no members: what stands there, under which part of the name. */
  readonly obstacle?: { readonly claim: string; readonly value: unknown };
}

/**
 * The claim of that name, which may hold dots (`https://example.com/groups`), else a path (`realm_access.roles`), whose parts
 * can hold dots too (`kubernetes.io.namespace`) or be places in a list (`emails.0`).
 */
export function findClaim(claims: JsonObject, name: string): FoundClaim {
  let value: unknown = claims;
  let rest = name;
  for (;;) {
    if (!hasMembers(value, rest)) {
      return { value: undefined, obstacle: { claim: name.slice(0, -rest.length - 1), value } };
    }
    const part = firstPart(value, rest);
    if (part === undefined) return { value: undefined };
    value = value[part];
    if (part === rest) return { value };
    rest = rest.slice(part.length + 1);
  }
}

/** Whether a path can go on: into an object, or to a place in a list. */
function hasMembers(value: unknown, path: string): value is JsonObject {
  return isJsonObject(value) || (Array.isArray(value) && /^\d+(\.|$)/.test(path));
}

/** The longest beginning of a path that is a member: a name with dots goes before a path through the same letters. */
function firstPart(value: JsonObject, path: string): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const part = path.slice(0, end);
    if (Object.hasOwn(value, part)) return part;
  }
  return undefined;
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
