import { isJsonObject, type JsonObject } from '../../common/json-object';

/** The claim of that name, which may hold dots (`https://example.com/groups`), else a path (`realm_access.roles`). */
export function claimValue(claims: JsonObject, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}
