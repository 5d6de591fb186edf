import { isJsonObject, type JsonObject } from '../common/json-object';

/** The result of looking up a claim name. */
export interface FoundClaim {
  /** Undefined when there is no such claim. */
  readonly value: unknown;
  /** The value without members at which a path ended, and the part of the name that leads to it. */
  readonly obstacle?: { readonly claim: string; readonly value: unknown };
}

/**
 * Looks up the claim of that name, which may contain dots (`https://example.com/groups`); otherwise reads the name as a path
 * (`realm_access.roles`), whose parts may contain dots too (`kubernetes.io.namespace`) or be list indexes (`emails.0`).
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

/** Whether a path can continue: into an object, or to an index of a list. */
function hasMembers(value: unknown, path: string): value is JsonObject {
  return isJsonObject(value) || (Array.isArray(value) && /^\d+(\.|$)/.test(path));
}

/** The longest prefix of a path that is a member: a name with dots takes precedence over a path. */
function firstPart(value: JsonObject, path: string): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    const part = path.slice(0, end);
    if (Object.hasOwn(value, part)) return part;
  }
  return undefined;
}

/** The value of a claim; undefined when it is missing or its path ends early. */
export function claimValue(claims: JsonObject, name: string): unknown {
  return findClaim(claims, name).value;
}

/** The form of a value in words, for the log: the value itself may be personal data. */
export function formOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const forms = new Set(value.map((item: unknown) => (Array.isArray(item) ? 'list' : formOf(item))));
    return forms.size === 0 ? 'empty list' : `list of ${[...forms].sort().join(' and ')}`;
  }
  return typeof value === 'string' ? 'text' : typeof value;
}
