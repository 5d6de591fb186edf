import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, type Answer } from '../../support/http/http';
import { aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { logOf } from '../../support/process/service';
import { useService } from '../../support/process/use-service';
import { refreshed, signIn } from '../../support/tokens/sessions';
import { forge } from '../../support/tokens/tokens';

const LANE = '/oauth/introspect';
/** It means the same to a client, and leads through the router. */
const ROUTER = '/oauth/introspect?';

describe('POST /oauth/introspect, ahead of the router and through it', () => {
  const service = useService();
  let admin: ApiUser;
  let client: ServiceClient;
  let account: Account;

  beforeAll(async () => {
    admin = await anAdmin(service, service.database);
    client = await aService(admin, ['tokens:validate']);
    account = await register(service);
  });

  /** From memory, and not; with the credential remembered, and not. */
  async function ask(path: string, form: Record<string, string> | string, headers: Record<string, string>) {
    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await postForm(service, path, form, headers));
    return answers.map(({ status, body, headers: sent }) => ({ status, body, headers: headersOf(sent) }));
  }

  it.each<[string, () => string | Promise<string>]>([
    ['an access token', () => account.token],
    ['a refresh token', async () => (await signIn(service, account)).refreshToken],
    [
      'a consumed refresh token',
      async () => {
        const { refreshToken } = await signIn(service, account);
        await refreshed(service, refreshToken);
        return refreshToken;
      },
    ],
    ['an expired token', () => forge(account, { claims: { exp: 1_000_000_000 } })],
    ['a token with another signature', () => `${account.token.slice(0, -2)}xx`],
    ['a text that is no token', () => 'no-token'],
    ['a text that needs an escape', () => 'a b&c'],
    ['nothing', () => ''],
  ])('both answer %s alike, with the same headers and log line', async (_case, make) => {
    const token = await make();
    for (const headers of [bearer(client.key), basic(client.id, client.key)]) {
      const [lane, router] = [await ask(LANE, { token }, headers), await ask(ROUTER, { token }, headers)];
      expect(lane).toEqual(router);
      const [one, other] = [
        await postForm(service, LANE, { token }, headers),
        await postForm(service, ROUTER, { token }, headers),
      ];
      expect(await linesOf(one)).toEqual(await linesOf(other));
    }
  });

  it.each<[string, (id: string, key: string) => [form: string, headers: Record<string, string>]]>([
    ['a hint', (_id, key) => [`token=x&token_type_hint=refresh_token`, bearer(key)]],
    ['a parameter twice', (_id, key) => ['token=x&token=y', bearer(key)]],
    ['a broken escape', (_id, key) => ['token=%zz', bearer(key)]],
    ['another parameter', (_id, key) => ['token=x&client_id=', bearer(key)]],
    ['no token', (_id, key) => ['x=y', bearer(key)]],
    ['another client_id', (id, key) => ['token=x&client_id=other', basic(id, key)]],
    ['two credentials', (id, key) => [`token=x&client_id=${id}&client_secret=${key}`, bearer(key)]],
    ['a wrong credential', () => ['token=x', bearer('psk_x')]],
    ['no credential', () => ['token=x', {}]],
    [
      'a charset',
      (_id, key) => [
        'token=x',
        { ...bearer(key), 'Content-Type': 'application/x-www-form-urlencoded;charset=UTF-8' },
      ],
    ],
    ['another media type', (_id, key) => ['token=x', { ...bearer(key), 'Content-Type': 'text/plain' }]],
  ])('both answer a request with %s alike', async (_case, request) => {
    const [form, headers] = request(client.id, client.key);
    await postForm(service, LANE, { token: 'x' }, bearer(client.key)); // remembered
    await postForm(service, LANE, { token: 'x' }, basic(client.id, client.key));
    expect(await ask(LANE, form, headers)).toEqual(await ask(ROUTER, form, headers));
  });

  it('R18 is inactive at once when the session has ended', async () => {
    const session = await signIn(service, account);
    const ask = async () =>
      (await postForm(service, LANE, { token: session.accessToken }, bearer(client.key))).body;
    for (let n = 0; n < 3; n++) expect(await ask()).toMatchObject({ active: true, sid: session.sid });
    await postForm(service, '/oauth/revoke', { token: session.refreshToken });
    expect(await ask()).toEqual({ active: false });
  });

  async function linesOf({ headers }: Answer): Promise<unknown[]> {
    const lines = await logOf(service, headers);
    return lines.map(({ time: _time, request_id: _id, duration_ms: _ms, ...others }) => others);
  }
});

function headersOf(headers: Headers): Record<string, string> {
  const { date: _date, 'x-request-id': _id, ...others } = Object.fromEntries(headers);
  return others;
}
