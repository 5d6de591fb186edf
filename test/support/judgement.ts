import { bearer, send } from './http';
import { expectProblem } from './problem';

/** A service's answer to a token that it refuses, always the same (R14). */
export const REFUSAL = { valid: false, user: null, error: 'Invalid or expired token' };

/** Expects `POST /auth/validate` to refuse a token, saying nothing but that. */
export async function expectRefusedByValidate(
  service: { readonly url: string },
  token: string,
): Promise<void> {
  const answer = await send(service, 'POST', '/auth/validate', { body: { token } });
  expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: REFUSAL });
}

/** Expects both ways in to refuse a token: `POST /auth/validate` and a guarded route. */
export async function expectRefused(service: { readonly url: string }, token: string): Promise<void> {
  await expectRefusedByValidate(service, token);
  const guarded = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
  expectProblem(guarded, 'invalid-token');
  expect(guarded.headers.get('www-authenticate')).toContain('error="invalid_token"');
}

/** Expects both ways in to know a token as this person's. */
export async function expectAccepted(
  service: { readonly url: string },
  token: string,
  person: { readonly id: string; readonly email: string },
): Promise<void> {
  const { id, email } = person;
  const judged = await send(service, 'POST', '/auth/validate', { body: { token } });
  expect(judged.status).toBe(200);
  expect(judged.body).toMatchObject({ valid: true, user: { id, email }, error: null });
  const guarded = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
  expect(guarded.status).toBe(200);
  expect(guarded.body).toEqual(judged.body.user);
}
