import { ERROR_CATALOG } from '../../../src/common/errors/error-catalog';
import { bearer, send } from '../http/http';
import { expectProblem } from '../http/problem';

/** A service's answer to a token that it refuses, always the same (R14). */
export const REFUSAL = { valid: false, user: null, error: 'Invalid or expired token' };

/** What people see of themselves. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly avatar_url: string | null;
  readonly email_verified: boolean;
  readonly teams: readonly { readonly name: string }[];
  readonly domains: readonly { readonly key: string }[];
}

/** The codes that refuse a token. */
type Refusal = 'invalid-token' | 'email-not-verified' | 'identity-conflict';

/** Expects `POST /auth/validate` to refuse a token, saying nothing but that. */
export async function expectRefusedByValidate(
  service: { readonly url: string },
  token: string,
  code: Refusal = 'invalid-token',
): Promise<void> {
  const answer = await send(service, 'POST', '/auth/validate', { body: { token } });
  // The sentence tells a missing address from one that is not verified.
  const error =
    code === 'email-not-verified'
      ? expect.stringMatching(/e-mail address|client/)
      : ERROR_CATALOG[code].detail;
  const body = { ...REFUSAL, error: error as string };
  expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body });
}

/** Expects both ways in to refuse a token: `POST /auth/validate` and a guarded route. */
export async function expectRefused(
  service: { readonly url: string },
  token: string,
  code: Refusal = 'invalid-token',
): Promise<void> {
  await expectRefusedByValidate(service, token, code);
  const guarded = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
  expectProblem(guarded, code);
  expect(guarded.headers.get('www-authenticate')).toContain('error="invalid_token"');
}

/** Expects both ways in to know a token as this person's, or as anybody's; answers whose it is. */
export async function expectAccepted(
  service: { readonly url: string },
  token: string,
  person: { readonly id?: string; readonly email?: string } = {},
): Promise<Person> {
  const guarded = await send<Person>(service, 'GET', '/auth/me', { headers: bearer(token) });
  expect({ status: guarded.status, body: guarded.body }).toMatchObject({ status: 200, body: pick(person) });
  const judged = await send(service, 'POST', '/auth/validate', { body: { token } });
  expect({ status: judged.status, body: judged.body }).toEqual({
    status: 200,
    body: { valid: true, user: guarded.body, error: null },
  });
  return guarded.body;
}

/** Expects that nobody can say, both ways in. */
export async function expectUndecided(service: { readonly url: string }, token: string): Promise<void> {
  expectProblem(await send(service, 'GET', '/auth/me', { headers: bearer(token) }), 'service-unavailable');
  expectProblem(await send(service, 'POST', '/auth/validate', { body: { token } }), 'service-unavailable');
}

function pick({ id, email }: { readonly id?: string; readonly email?: string }) {
  return { ...(id !== undefined && { id }), ...(email !== undefined && { email }) };
}
