import type { UserContext } from '../api-types';
import type { AuthClient, Need } from '../types';
import { meets } from './need';
import { authenticationRequired, forbidden, invalidToken, unavailable, type Problem } from './problem';

/** The user of a request, or the answer that refuses it. */
export type Authentication =
  | { readonly user: UserContext; readonly problem?: undefined }
  | { readonly user?: undefined; readonly problem: Problem };

/** What is read of a request; `rawHeaders` tells a header that was sent twice. */
export interface Headers {
  readonly headers: { readonly authorization?: string | undefined };
  readonly rawHeaders?: readonly string[] | undefined;
}

/** Verifies the bearer token of a request (RFC 6750 section 2.1). Throws what is no fault of the auth service. */
export async function authenticate(
  client: AuthClient,
  request: Headers,
  need: Need,
): Promise<Authentication> {
  const token = bearerToken(request);
  if (token === undefined) return { problem: authenticationRequired() };
  if (token === null)
    return { problem: invalidToken('Send one Authorization header with one token: "Bearer <token>".') };
  try {
    const verification = await client.verify(token);
    if (!verification.valid) return { problem: invalidToken(verification.error) };
    const { user } = verification;
    return meets(user, need) ? { user } : { problem: forbidden() };
  } catch (error) {
    return { problem: unavailable(error) };
  }
}

/** Undefined without a bearer credential, null where it cannot be one token. */
function bearerToken({ headers, rawHeaders = [] }: Headers): string | null | undefined {
  const [scheme = '', ...rest] = (headers.authorization ?? '').trim().split(/ +/);
  if (scheme.toLowerCase() !== 'bearer' || rest.length === 0) return undefined;
  const lines = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'authorization');
  const [token = ''] = rest;
  return rest.length > 1 || lines.length > 1 ? null : token;
}
