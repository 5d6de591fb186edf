import type { Position } from '../common/cursor';
import type { PlatformRole } from '../security/identity-context';
import {
  and,
  byId,
  GUARD,
  REMEMBERED,
  SEARCHED,
  waysOf,
  type PageParts,
  type Restriction,
  type Sought,
  type Way,
} from './user-list-ways';
import { searchFor } from './user-search';

/** The orders of the list of users. */
export const USER_ORDERS = ['email', 'name', 'created_at', '-created_at'] as const;
export type UserOrder = (typeof USER_ORDERS)[number];

/** Which users, in which order, from where on; what is undefined does not matter. */
export interface UserListQuery {
  readonly search?: string | undefined;
  readonly teamId?: string | undefined;
  readonly domainId?: string | undefined;
  readonly role?: PlatformRole | undefined;
  readonly isActive?: boolean | undefined;
  readonly order: UserOrder;
  readonly after: Position | undefined;
  /** One more is read, to tell whether there are more. */
  readonly limit: number;
}

/** A part of a statement: users `u` of one page, in its order, with their sort key. */
export interface UserListStatement {
  readonly users: string;
  readonly order: string;
  readonly sortKey: string;
  readonly values: readonly unknown[];
}

/** What each order sorts by, how a position is written, and how it is read. Ties go by id. */
const ORDERS = {
  email: {
    column: 'email',
    by: 'u.email COLLATE "C"',
    written: 'u.email',
    read: '::text COLLATE "C"',
    descends: false,
  },
  name: {
    column: 'name_key',
    by: 'u.name_key COLLATE "C"',
    written: 'u.name_key',
    read: '::text COLLATE "C"',
    descends: false,
  },
  created_at: timeOrder(false),
  '-created_at': timeOrder(true),
} as const satisfies Record<UserOrder, object>;

function timeOrder(descends: boolean) {
  const written = `to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return { column: 'created_at', by: 'u.created_at', written, read: '::timestamptz', descends };
}

/**
 * The users of one page. However many there are, few are looked at: what restricts the list is tried one after the other, and
 * where one finds few users, those are read and sorted. Where all find many, a page fills soon when the order is followed, which
 * its index does alone: it holds what a search looks at. The planner cannot be left to choose: it does not know how many names a
 * beginning fits.
 */
export function userListStatement(query: UserListQuery): UserListStatement {
  const { column, by, written, read, descends } = ORDERS[query.order];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const direction = descends ? 'DESC' : 'ASC';
  const order = `${by} ${direction}, u.id ${direction}`;
  const after = query.after
    ? `(${by}, u.id) ${descends ? '<' : '>'} (${bind(query.after.key)}${read}, ${bind(query.after.id)}::uuid)`
    : 'true';
  const page = { column, order, after, limit: query.limit + 1 };
  return { users: usersOf(query, page, bind), order, sortKey: written, values };
}

function soughtFor({ search, order }: UserListQuery, bind: (value: unknown) => string): Sought | undefined {
  if (search === undefined) return undefined;
  const { column } = ORDERS[order];
  const { byEmail, byName, byWholeName, isExact, ...found } = searchFor(
    search,
    { column, limit: SEARCHED + 1 },
    bind,
  );
  const condition = `(${byEmail} OR ${byName})`;
  if (order === 'email') {
    return {
      condition,
      inOrder: byEmail,
      others: { condition: byName, candidates: found.nameCandidates, isExact },
    };
  }
  const candidates = [
    found.emailCandidates,
    ...(order === 'name' ? found.laterWordCandidates : found.nameCandidates),
  ];
  return {
    condition,
    ...(order === 'name' && { inOrder: byWholeName }),
    others: { condition, candidates, isExact },
  };
}

function usersOf(query: UserListQuery, page: PageParts, bind: (value: unknown) => string): string {
  const filters = filtersOf(query, bind);
  const sought = soughtFor(query, bind);
  const sources = filters.flatMap(({ candidates }) => candidates ?? []);
  if (!sought && sources.length === 0) {
    const plain = and([page.after, ...filters.map(({ condition }) => condition)]);
    return `(SELECT u.* FROM users u WHERE ${plain} ORDER BY ${page.order} LIMIT ${page.limit})`;
  }
  const all = sought ? [...sources, sought.others.candidates.join(' UNION ')] : sources;
  const branches = branchesOf(waysOf(filters, sought, page), sought, filters, page);
  const ctes = all.map((candidates, n) => `s${n} AS MATERIALIZED (${candidates})`);
  const counts = all.map((_, n) => `(SELECT count(*) FROM s${n}) AS n${n}`);
  return `(WITH ${ctes.join(', ')}, counted AS MATERIALIZED (SELECT ${counts.join(', ')})
    SELECT u.* FROM (${branches.join(' UNION ')}) hits CROSS JOIN LATERAL (${byId('hits')}) u ORDER BY ${page.order} LIMIT ${page.limit})`;
}

function branchesOf(
  ways: readonly Way[],
  sought: Sought | undefined,
  filters: readonly Restriction[],
  { order, after, limit }: PageParts,
): string[] {
  const taken = ways.map(({ when }, n) =>
    and([...ways.slice(0, n).map((before) => `NOT ${before.when}`), when]),
  );
  const branches = ways.map(({ ids }, n) => ids.replace(GUARD, taken[n] ?? 'true'));
  if (!sought?.inOrder) return branches;
  const isPart = taken.filter((_, n) => !ways[n]?.isWhole).map((when) => `(${when})`);
  const condition = and([
    `(${isPart.join(' OR ')})`,
    after,
    ...filters.map((filter) => filter.condition),
    sought.inOrder,
  ]);
  return [...branches, `(SELECT u.id FROM users u WHERE ${condition} ORDER BY ${order} LIMIT ${limit})`];
}

function filtersOf({ teamId, domainId, role, isActive }: UserListQuery, bind: (value: unknown) => string) {
  const filters: Restriction[] = [];
  const isIn = (table: string, column: string, id: string) => {
    const value = bind(id);
    filters.push({
      condition: `EXISTS (SELECT FROM ${table} m WHERE m.user_id = u.id AND m.${column} = ${value})`,
      candidates: `SELECT m.user_id AS id FROM ${table} m WHERE m.${column} = ${value} LIMIT ${REMEMBERED + 1}`,
      isOfId: true,
    });
  };
  const are = (condition: string) =>
    filters.push({
      condition,
      candidates: `SELECT u.id FROM users u WHERE ${condition} ORDER BY u.id LIMIT ${REMEMBERED + 1}`,
    });
  if (teamId !== undefined) isIn('team_memberships', 'team_id', teamId);
  if (domainId !== undefined) isIn('user_domains', 'domain_id', domainId);
  if (role === 'admin') are(`u.role = 'admin'`);
  if (role === 'user') filters.push({ condition: `u.role = 'user'` });
  if (isActive === false) are('NOT u.is_active');
  if (isActive === true) filters.push({ condition: 'u.is_active' });
  return filters;
}
