import { randomUUID } from 'node:crypto';
import { endSessions, getMe, login, logout, refreshTokens, register, validateToken } from './generated/fetch';
import {
  GetMeResponse,
  LoginBody,
  LoginResponse,
  RefreshTokensResponse,
  RegisterBody,
  ValidateTokenBody,
  ValidateTokenResponse,
} from './generated/zod';

/** orval: functions on fetch at the first server of the document, and zod's schemas of what they send and get. */
async function main(): Promise<void> {
  const email = `orval-${randomUUID()}@example.com`;
  const password = 'correct horse battery';
  const created = await register(RegisterBody.parse({ email, password, name: 'Ada Lovelace' }));
  if (created.status !== 201) throw new Error('not registered');
  let token = created.data.access_token;
  const authorized = () => ({ headers: { Authorization: `Bearer ${token}` } });

  const me = await getMe(authorized());
  const good = await validateToken(ValidateTokenBody.parse({ token }));
  const parsed = ValidateTokenResponse.parse(good.data);
  const name: string | undefined = parsed.valid ? parsed.user.name : undefined;

  const refreshed = await refreshTokens({ refresh_token: created.data.refresh_token });
  token = RefreshTokensResponse.parse(refreshed.data).access_token;
  const other = LoginResponse.parse((await login(LoginBody.parse({ email, password }))).data);
  await endSessions(undefined, { include_current: false }, authorized());
  const ended = ValidateTokenResponse.parse((await validateToken({ token: other.access_token })).data);

  const out = await logout(undefined, authorized());
  const over = ValidateTokenResponse.parse((await validateToken({ token })).data);
  const refusal: string | undefined = over.valid ? undefined : over.error;
  const refused = await getMe(authorized());
  process.stdout.write(
    JSON.stringify({
      me: GetMeResponse.parse(me.data).email === email,
      name,
      otherIsValid: ended.valid,
      signedOut: out.status,
      refusal,
      problem: refused.status === 401 ? refused.data.code : undefined,
    }),
  );
}

void main();
