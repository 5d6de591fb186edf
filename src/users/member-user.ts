import { storedWebAddress } from '../common/validation/web-address';

/** A user as those see them who administer a team or a domain that the user is in. */
export interface MemberUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  readonly avatarUrl: string | null;
}

/** The columns of such a user `u`. */
export const MEMBER_USER_COLUMNS = `
  u.id, u.email, u.email_verified_at IS NOT NULL AS email_verified, u.name, u.avatar_url`;

/** What those columns hold. */
export interface MemberUserRow {
  readonly id: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name: string;
  readonly avatar_url: string | null;
}

/** The row as the rest of the program knows it. */
export function parseMemberUser(row: MemberUserRow): MemberUser {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name,
    avatarUrl: storedWebAddress(row.avatar_url),
  };
}
