import type { UserContextResponse } from '../../identity/dto/user-context-response.dto';

const PRINTABLE = /^[\x20-\x7e]*$/;
/** What a reader would take for the encoded form, or would trim. */
const AMBIGUOUS = /^utf-8''|^ | $/i;
/** RFC 8187 section 3.2.1: characters that `encodeURIComponent` leaves and `attr-char` does not have. */
const NOT_ATTR_CHAR = /[*'()]/g;
const LIST_ITEM = /^[\w.~-]+$/;

/**
 * The headers that a gateway passes on to the service behind it: ids of the active teams, and keys of the domains that the user has
 * access to, comma-separated.
 */
export function verifyHeaders(user: UserContextResponse): [name: string, value: string][] {
  return [
    ['X-Auth-User-Id', user.id],
    ['X-Auth-Email', headerText(user.email)],
    ['X-Auth-Name', headerText(user.name)],
    ['X-Auth-Role', user.role],
    ['X-Auth-Teams', activeTeams(user).join(',')],
    ['X-Auth-Domains', domainKeys(user).map(listItem).join(',')],
  ];
}

/** Ids of the active teams of a user. */
export function activeTeams({ teams }: UserContextResponse): string[] {
  return teams.filter((team) => team.is_active).map(({ id }) => id);
}

/** Keys of the domains that a user has access to. */
export function domainKeys({ effective_domains: domains }: UserContextResponse): string[] {
  return domains.map(({ key }) => key);
}

/** A text as a header's value: as it stands, or in the form of RFC 8187 (`UTF-8''` and percent-encoded). */
export function headerText(text: string): string {
  return PRINTABLE.test(text) && !AMBIGUOUS.test(text) ? text : `UTF-8''${encoded(text)}`;
}

/** Keys of before their rule may hold a comma. */
function listItem(key: string): string {
  return LIST_ITEM.test(key) ? key : encoded(key);
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    NOT_ATTR_CHAR,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
