import { randomBytes, randomUUID } from 'node:crypto';
import type { Domain, EffectiveDomain, Membership, UserContext } from '../api-types';
import type { Person } from './people';
import { Refusal } from './problems';
import { LIFETIME_SECONDS, Tokens } from './tokens';

/** As `POST /auth/login` answers. */
export interface SignIn {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly expires_in: number;
  readonly refresh_token: string;
  /** Names the device; without effect here. */
  readonly device_token: string;
  readonly user: UserContext;
}

/** What the event feed tells. */
export interface FeedEvent {
  readonly kind: 'session-ended' | 'user-changed' | 'user-ended' | 'all-changed';
  readonly data: Readonly<Record<string, string | null>>;
}

interface Session {
  readonly id: string;
  readonly userId: string;
  readonly authTime: number;
  refreshToken: string;
}

/** A refresh token that has been exchanged is answered with the same new one for so long. */
const GRACE_MS = 10_000;
const DEFAULT_TEAMS = [
  { name: 'General', external_ref: null },
  { name: 'Engineering', external_ref: 'eng' },
  { name: 'Product', external_ref: 'product' },
  { name: 'Design', external_ref: 'design' },
];
const DEFAULT_DOMAINS = [
  ['engineering', 'Engineering'],
  ['product', 'Product Management'],
  ['design', 'Design'],
  ['marketing', 'Marketing'],
  ['sales', 'Sales'],
] as const;

/** The users, sessions and tokens of a double, in memory. */
export class State {
  readonly tokens = new Tokens();
  /** Called for each event. */
  onEvent: (event: FeedEvent) => void = () => undefined;
  private readonly users = new Map<string, UserContext & { password: string | undefined }>();
  private readonly teams = new Map<string, Membership>();
  private readonly domains = new Map<string, Domain>();
  private readonly sessions = new Map<string, Session>();
  private readonly consumed = new Map<
    string,
    { readonly sid: string; readonly at: number; readonly child: string }
  >();

  constructor(people: readonly Person[]) {
    for (const { name, external_ref } of DEFAULT_TEAMS) this.addTeam(name, external_ref);
    for (const [key, name] of DEFAULT_DOMAINS) this.addDomain(key, name);
    for (const person of people) this.register(person, true);
  }

  /** Adds a user. Throws where the address is taken. */
  register(
    { email, name, password, teams = ['General'], domains = ['engineering'] }: Person,
    isVerified = false,
  ) {
    const address = normalise(email);
    if (this.byEmail(address)) throw new Refusal('email-already-registered');
    const ofUser = domains.map((key) => this.domains.get(key) ?? this.addDomain(key, key));
    const user = {
      id: randomUUID(),
      email: address,
      name,
      avatar_url: null,
      created_at: new Date().toISOString(),
      role: 'user' as const,
      email_verified: isVerified,
      teams: teams.map((team) => this.teams.get(team) ?? this.addTeam(team, null)).sort(by('name')),
      domains: [...ofUser].sort(by('name')),
      effective_domains: ofUser.map(({ id, key }): EffectiveDomain => ({ id, key })).sort(by('key')),
      password,
    };
    this.users.set(user.id, user);
    return user;
  }

  /** Opens a session for a password. */
  login(email: string, password: string): SignIn {
    const user = this.byEmail(normalise(email));
    if (user?.password === undefined || user.password !== password) throw new Refusal('invalid-credentials');
    return this.open(user.id);
  }

  /** Opens a session for a user, who is made when there is none of that address. */
  signIn(email: string): SignIn {
    const name = email.slice(0, email.indexOf('@'));
    return this.open((this.byEmail(normalise(email)) ?? this.register({ email, name }, true)).id);
  }

  /** Exchanges a refresh token. */
  refresh(token: string): SignIn {
    const used = this.consumed.get(token);
    const session = [...this.sessions.values()].find(({ refreshToken }) => refreshToken === token);
    if (session) {
      session.refreshToken = newRefreshToken();
      this.consumed.set(token, { sid: session.id, at: Date.now(), child: session.refreshToken });
      return this.answer(session);
    }
    const reused = used && this.sessions.get(used.sid);
    if (reused && reused.refreshToken === used.child && Date.now() - used.at < GRACE_MS)
      return this.answer(reused);
    if (reused) this.endSession(reused.id);
    throw new Refusal('invalid-token');
  }

  /** The user of an access token whose session is active. */
  userOf(token: string): UserContext | undefined {
    const claims = this.tokens.read(token);
    const session = claims && this.sessions.get(claims.sid);
    const user = session && this.users.get(session.userId);
    return user && publicUser(user);
  }

  /** Ends the session of an access or refresh token. Answers whether it is one of ours. */
  endTokenOf({ access, refresh }: { access?: string | undefined; refresh?: string | undefined }): boolean {
    const claims = access === undefined ? undefined : this.tokens.read(access, { anyAge: true });
    const session = [...this.sessions.values()].find(({ refreshToken }) => refreshToken === refresh);
    const sid =
      claims?.sid ?? session?.id ?? (refresh === undefined ? undefined : this.consumed.get(refresh)?.sid);
    if (sid === undefined) return false;
    this.endSession(sid);
    return true;
  }

  /** Ends a session. */
  endSession(sid: string): void {
    if (this.sessions.delete(sid)) this.onEvent({ kind: 'session-ended', data: { sid } });
  }

  /** Ends all sessions of a user. */
  endUser(uid: string): void {
    for (const { id, userId } of [...this.sessions.values()]) if (userId === uid) this.sessions.delete(id);
    this.onEvent({ kind: 'user-ended', data: { uid, not_before: new Date().toISOString() } });
  }

  private open(userId: string): SignIn {
    const authTime = Math.floor(Date.now() / 1000);
    const session = { id: randomUUID(), userId, authTime, refreshToken: newRefreshToken() };
    this.sessions.set(session.id, session);
    return this.answer(session);
  }

  private answer({ id, userId, authTime, refreshToken }: Session): SignIn {
    const user = this.users.get(userId);
    if (!user) throw new Refusal('invalid-token');
    return {
      access_token: this.tokens.issue(user, id, authTime),
      token_type: 'bearer',
      expires_in: LIFETIME_SECONDS,
      refresh_token: refreshToken,
      device_token: `psd_${randomBytes(48).toString('base64url')}`,
      user: publicUser(user),
    };
  }

  private byEmail(address: string) {
    return [...this.users.values()].find(({ email }) => email === address);
  }

  private addTeam(name: string, external_ref: string | null): Membership {
    const team = { id: randomUUID(), role: null, name, external_ref, is_active: true };
    this.teams.set(name, team);
    return team;
  }

  private addDomain(key: string, name: string): Domain {
    const domain = { id: randomUUID(), parent_domain_id: null, key, name, is_active: true };
    this.domains.set(key, domain);
    return domain;
  }
}

function publicUser({
  password: _password,
  ...user
}: UserContext & { password: string | undefined }): UserContext {
  return user;
}

function newRefreshToken(): string {
  return `psr_${randomBytes(32).toString('base64url')}`;
}

function normalise(email: string): string {
  return email.trim().toLowerCase();
}

function by<Name extends string>(name: Name) {
  return (one: Record<Name, string>, other: Record<Name, string>) =>
    one[name] < other[name] ? -1 : Number(one[name] > other[name]);
}
