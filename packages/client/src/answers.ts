import type { UserContext } from './api-types';
import { isObject } from './json';
import type { ServiceVerification, Verification } from './types';

/** A decision as the service words it. */
export type Decision = Verification | ServiceVerification;

/** The sentence for tokens that are refused without a request; the service's own. */
export const INVALID_TOKEN = 'Invalid or expired token';

/** The refusal of a token. */
export function refusal(error: string = INVALID_TOKEN): Verification {
  return { valid: false, user: null, error };
}

/** A well-formed, decided answer of validate; undefined for anything else. */
export function readDecision(body: unknown): Decision | undefined {
  if (!isObject(body)) return undefined;
  if (body.valid === false) return typeof body.error === 'string' ? refusal(body.error) : undefined;
  if (body.valid !== true || body.error !== null) return undefined;
  if (isUserContext(body.user)) return { valid: true, user: freezeParts(body.user), error: null };
  if (body.user !== null) return undefined;
  const service = readService(body.service);
  return service && { valid: true, user: null, service, error: null };
}

/** The well-formed, decided answers of a batch, as many as were asked for; undefined for anything else. */
export function readDecisions(body: unknown, count: number): Decision[] | undefined {
  if (!isObject(body) || !Array.isArray(body.results) || body.results.length !== count) return undefined;
  const decisions = body.results.map(readDecision);
  return decisions.every((decision) => decision !== undefined) ? decisions : undefined;
}

function isUserContext(user: unknown): user is UserContext {
  if (!isObject(user)) return false;
  const texts = [user.id, user.email, user.name, user.created_at];
  if (!texts.every(isText) || typeof user.email_verified !== 'boolean') return false;
  if (user.role !== 'user' && user.role !== 'admin') return false;
  return hasEach(user.teams, 'id') && hasEach(user.domains, 'key') && hasEach(user.effective_domains, 'key');
}

/** An answer for one caller of several: what they add to the user is theirs, and nobody can change its parts. */
export function copyOf<Given extends Decision>(decision: Given): Given {
  return decision.user === null ? decision : { ...decision, user: { ...decision.user } };
}

function freezeParts(user: UserContext): UserContext {
  for (const list of [user.teams, user.domains, user.effective_domains]) {
    for (const item of list) Object.freeze(item);
    Object.freeze(list);
  }
  return user;
}

function hasEach(list: unknown, name: string): boolean {
  return Array.isArray(list) && list.every((item) => isObject(item) && isText(item[name]));
}

function readService(service: unknown): ServiceVerification['service'] | undefined {
  if (!isObject(service)) return undefined;
  const { id, name, scopes } = service;
  if (!isText(id) || !isText(name) || !Array.isArray(scopes) || !scopes.every(isText)) return undefined;
  return { id, name, scopes };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
