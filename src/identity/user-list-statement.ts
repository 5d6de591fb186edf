import type { Position } from '../common/cursor';
import type { PlatformRole } from '../security/identity-context';
import { ids, searchFor } from './user-search';

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

/** So many users are read and sorted; where more are found, the order is followed until a page is full. */
const MANY = 1_000;

/** What each order sorts by, how a position is written, and how it is read. Ties go by id. */
const ORDERS = {
  email: { by: 'u.email COLLATE "C"', written: 'u.email', read: '::text COLLATE "C"', descends: false },
  name: { by: 'u.name_key COLLATE "C"', written: 'u.name_key', read: '::text COLLATE "C"', descends: false },
  created_at: timeOrder(false),
  '-created_at': timeOrder(true),
} as const satisfies Record<UserOrder, object>;

function timeOrder(descends: boolean) {
  const written = `to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return { by: 'u.created_at', written, read: '::timestamptz', descends };
}

/**
 * The users of one page. However many there are, few are looked at: what restricts the list is tried one after the other, and
 * where one finds few users, those are read and sorted. Where all find many, a page fills soon when the order is followed. The
 * planner cannot be left to choose: it does not know how many names a beginning fits.
 */
export function userListStatement(query: UserListQuery): UserListStatement {
  const { by, written, read, descends } = ORDERS[query.order];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const direction = descends ? 'DESC' : 'ASC';
  const order = `${by} ${direction}, u.id ${direction}`;
  const after = query.after
    ? `(${by}, u.id) ${descends ? '<' : '>'} (${bind(query.after.key)}${read}, ${bind(query.after.id)}::uuid)`
    : 'true';
  const page = { order, after, limit: query.limit + 1 };
  return { users: usersOf(query, page, bind), order, sortKey: written, values };
}

interface PageParts {
  readonly order: string;
  readonly after: string;
  readonly limit: number;
}

/** A condition, and how users who fulfil it are found without the order; undefined where nearly all do. */
interface Restriction {
  readonly condition: string;
  readonly candidates?: readonly string[];
}

/** What a search looks for, split by what the order itself leads to. */
interface Sought {
  readonly condition: string;
  /** Those who fit follow each other in this order. */
  readonly inOrder?: string;
  /** How those are found whom that does not find. */
  readonly others: Restriction & { readonly candidates: readonly string[] };
}

function soughtFor({ search, order }: UserListQuery, bind: (value: unknown) => string): Sought | undefined {
  if (search === undefined) return undefined;
  const { byEmail, byName, byWholeName, ...found } = searchFor(search, MANY + 1, bind);
  const condition = `(${byEmail} OR ${byName})`;
  if (order === 'email') {
    return { condition, inOrder: byEmail, others: { condition: byName, candidates: found.nameCandidates } };
  }
  const candidates = [
    found.emailCandidates,
    ...(order === 'name' ? found.laterWordCandidates : found.nameCandidates),
  ];
  return { condition, ...(order === 'name' && { inOrder: byWholeName }), others: { condition, candidates } };
}

function usersOf(query: UserListQuery, page: PageParts, bind: (value: unknown) => string): string {
  const filters = filtersOf(query, bind);
  const sought = soughtFor(query, bind);
  const plain = and([page.after, ...filters.map(({ condition }) => condition)]);
  const sources = filters.flatMap(({ candidates }) => (candidates ? [candidates] : []));
  if (!sought && sources.length === 0) {
    return `(SELECT u.* FROM users u WHERE ${plain} ORDER BY ${page.order} LIMIT ${page.limit})`;
  }
  const all = sought ? [...sources, sought.others.candidates] : sources;
  const branches = [
    ...sources.map((_, n) => fewOf(n, and([plain, sought?.condition]), page)),
    ...(sought ? [fewOf(sources.length, and([plain, sought.others.condition]), page)] : []),
    walk(and([noneOf(all.length), plain, sought?.others.condition]), page),
    ...(sought?.inOrder ? [inOrder(and([noneOf(sources.length), plain, sought.inOrder]), page)] : []),
  ];
  const ctes = all.map((candidates, n) => `s${n} AS MATERIALIZED (${candidates.join(' UNION ')})`);
  return `(WITH ${ctes.join(', ')}
    SELECT u.* FROM (${branches.join(' UNION ')}) hits CROSS JOIN LATERAL (${byId('hits')}) u ORDER BY ${page.order} LIMIT ${page.limit})`;
}

function filtersOf({ teamId, domainId, role, isActive }: UserListQuery, bind: (value: unknown) => string) {
  const filters: Restriction[] = [];
  const isIn = (table: string, column: string, id: string) => {
    const value = bind(id);
    filters.push({
      condition: `EXISTS (SELECT FROM ${table} m WHERE m.user_id = u.id AND m.${column} = ${value})`,
      candidates: [`(SELECT m.user_id AS id FROM ${table} m WHERE m.${column} = ${value} LIMIT ${MANY + 1})`],
    });
  };
  if (teamId !== undefined) isIn('team_memberships', 'team_id', teamId);
  if (domainId !== undefined) isIn('user_domains', 'domain_id', domainId);
  if (role === 'admin')
    filters.push({ condition: `u.role = 'admin'`, candidates: [ids(`u.role = 'admin'`, MANY + 1, 'u.id')] });
  if (role === 'user') filters.push({ condition: `u.role = 'user'` });
  if (isActive === false)
    filters.push({ condition: 'NOT u.is_active', candidates: [ids('NOT u.is_active', MANY + 1, 'u.id')] });
  if (isActive === true) filters.push({ condition: 'u.is_active' });
  return filters;
}

/** One look for each: OFFSET 0 keeps the planner from reading all users to join them. */
const byId = (rows: string) => `SELECT u.* FROM users u WHERE u.id = ${rows}.id OFFSET 0`;
const few = (n: number) => `(SELECT count(*) <= ${MANY} FROM s${n})`;
const and = (conditions: readonly (string | undefined)[]) =>
  conditions.filter((condition) => condition !== undefined).join(' AND ') || 'true';

/** Whether each of the first so many sources has found many. */
function noneOf(count: number): string {
  return and(Array.from({ length: count }, (_, n) => `NOT ${few(n)}`));
}

/** The users of one source, when it is the first that has found few. */
function fewOf(n: number, condition: string, { order, limit }: PageParts): string {
  return `(SELECT u.id FROM s${n} CROSS JOIN LATERAL (${byId(`s${n}`)}) u
    WHERE ${few(n)} AND ${noneOf(n)} AND ${condition} ORDER BY ${order} LIMIT ${limit})`;
}

/** OFFSET 0 keeps the condition from the planner, who would sort all users that he expects few of. */
function walk(condition: string, { order, after, limit }: PageParts): string {
  return `(SELECT u.id FROM (SELECT u.* FROM users u WHERE ${after} ORDER BY ${order} OFFSET 0) u WHERE ${condition} LIMIT ${limit})`;
}

function inOrder(condition: string, { order, limit }: PageParts): string {
  return `(SELECT u.id FROM users u WHERE ${condition} ORDER BY ${order} LIMIT ${limit})`;
}
