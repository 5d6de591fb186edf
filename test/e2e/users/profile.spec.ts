import { Client } from 'pg';
import { register, uniqueEmail } from '../../support/http/accounts';
import { eventually } from '../../support/process/eventually';
import { bearer, send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';

const PICTURE = 'https://example.com/ada.png';

describe('PATCH /users/me', () => {
  const service = useService();
  const { database } = service;

  const patch = (token: string, body: unknown) =>
    send(service, 'PATCH', '/users/me', { body, headers: bearer(token) });
  const me = async (token: string) =>
    (await send(service, 'GET', '/auth/me', { headers: bearer(token) })).body;

  it('changes the name and the picture, and answers the person as changed', async () => {
    const { token } = await register(service);
    const before = await me(token);
    const answer = await patch(token, { name: 'Ada King 👑', avatar_url: PICTURE });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({ ...before, name: 'Ada King 👑', avatar_url: PICTURE });
    expect(await me(token)).toEqual(answer.body);
  });

  it('leaves what is left out, and changes nothing for an empty object', async () => {
    const { token } = await register(service);
    await patch(token, { avatar_url: PICTURE });
    expect((await patch(token, { name: 'Countess' })).body).toMatchObject({
      name: 'Countess',
      avatar_url: PICTURE,
    });
    expect((await patch(token, {})).body).toMatchObject({ name: 'Countess', avatar_url: PICTURE });
  });

  it('removes the picture for null', async () => {
    const { token } = await register(service);
    await patch(token, { avatar_url: PICTURE });
    expect((await patch(token, { avatar_url: null })).body).toMatchObject({ avatar_url: null });
  });

  it('changes nothing else, whatever is sent along (R51, R56)', async () => {
    const account = await register(service);
    const before = await me(account.token);
    const answer = await patch(account.token, {
      id: '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e',
      email: uniqueEmail(),
      is_active: false,
      isActive: false,
      passwordHash: 'x',
      password_hash: 'x',
      avatarUrl: PICTURE,
      created_at: '2000-01-01T00:00:00.000Z',
      teams: [],
      domains: [],
      role: 'admin',
      constructor: { prototype: { name: 'x' } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(before);
    const login = await send(service, 'POST', '/auth/login', { body: account });
    expect(login.status).toBe(200);
  });

  it("changes nobody else's row", async () => {
    const [account, other] = [await register(service), await register(service)];
    await patch(account.token, { name: 'Changed', avatar_url: PICTURE });
    expect(await me(other.token)).toMatchObject({ name: other.name, avatar_url: null });
  });

  it.each([
    ['empty', ''],
    ['white space', '  \u00a0 '],
    ['201 characters', 'x'.repeat(201)],
    ['two lines', 'Ada\nLovelace'],
    ['with U+0000', 'Ada\0'],
    ['with a lone surrogate', 'Ada \udc00'],
    ['null', null],
    ['a number', 5],
    ['a list', ['Ada']],
  ])('answers 400 to a name that is %s, and changes nothing (R51, R52)', async (_what, name) => {
    const { token } = await register(service);
    const answer = await patch(token, { name, avatar_url: PICTURE });
    expectProblem(answer, 'invalid-input');
    expect(answer.body.errors).toEqual([
      { pointer: '#/name', detail: 'must be a text of 1 to 200 characters without control characters' },
    ]);
    expect(await me(token)).toMatchObject({ name: 'Ada Lovelace', avatar_url: null });
  });

  it.each([
    ['empty', ''],
    ['no address', 'ada.png'],
    ['without a scheme', '//example.com/ada.png'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:image/png;base64,AAAA'],
    ['a file', 'file:///etc/passwd'],
    ['with white space', 'https://example.com/a da.png'],
    ['with a line break', 'https://example.com/a\nda.png'],
    ['with U+0000', 'https://example.com/\0.png'],
    ['with another control character', 'https://example.com/\u0007.png'],
    ['with a lone surrogate', 'https://example.com/\ud800.png'],
    ['without a host', 'https://'],
    ['with a host that is none', 'https://exa%00mple.com/'],
    ['with markup', 'https://example.com/<script>'],
    ['over 2048 characters', `https://example.com/${'x'.repeat(2029)}`],
    ['over 2048 characters once encoded', `https://example.com/${'é'.repeat(340)}`],
    ['with a user', 'https://ada@example.com/ada.png'],
    ['with a user and a password', 'https://ada:secret@example.com/ada.png'],
    ['with a backslash', 'https://good.example\\@evil.example/ada.png'],
    ['a number', 5],
    ['a list', [PICTURE]],
    ['false', false],
  ])('answers 400 to a picture that is %s, and changes nothing (R51, R52)', async (_what, avatar_url) => {
    const { token } = await register(service);
    const answer = await patch(token, { name: 'Changed', avatar_url });
    expectProblem(answer, 'invalid-input');
    expect(answer.body.errors).toEqual([
      {
        pointer: '#/avatar_url',
        detail:
          'must be an absolute http or https address without user information, of at most 2048 characters in percent-encoding, or null',
      },
    ]);
    expect(await me(token)).toMatchObject({ name: 'Ada Lovelace', avatar_url: null });
  });

  it.each([
    `https://example.com/${'x'.repeat(2028)}`,
    'http://localhost:3000/ada.png',
    'https://example.com/ada.png?size=64&v=1#top',
  ])('keeps the address %s as it was sent', async (avatar_url) => {
    const { token } = await register(service);
    expect((await patch(token, { avatar_url })).body).toMatchObject({ avatar_url });
  });

  it.each([
    ['https://пример.example/а.png', 'https://xn--e1afmkfd.example/%D0%B0.png'],
    ['https://Example.com/a|b[1]^{c}', 'https://example.com/a%7Cb%5B1%5D%5E%7Bc%7D'],
    ['https://example.com/100%', 'https://example.com/100%25'],
  ])('stores the address %s encoded, as every parser of URIs takes it', async (avatar_url, encoded) => {
    const { id, token } = await register(service);
    const answer = await patch(token, { avatar_url });
    expect(answer.body).toMatchObject({ avatar_url: encoded });
    expectDocumented('PATCH', '/users/me', answer);
    const rows = await database.query('SELECT avatar_url FROM users WHERE id = $1', [id]);
    expect(rows).toEqual([{ avatar_url: encoded }]);
  });

  it('answers an address of before in the encoded form, and null in place of one that has none', async () => {
    const { id, token } = await register(service);
    for (const [stored, answered] of [
      ['https://пример.example/a b', null],
      ['https://example.com/é', 'https://example.com/%C3%A9'],
      ['https://ada:secret@example.com/', null],
      ['javascript:alert(1)', null],
    ]) {
      await database.query('UPDATE users SET avatar_url = $2 WHERE id = $1', [id, stored]);
      expect(await me(token)).toMatchObject({ avatar_url: answered });
    }
  });

  it('answers 401 to a person who is deleted while the request is under way', async () => {
    const { id, token } = await register(service);
    const operator = new Client({ connectionString: database.url });
    await operator.connect();
    await operator.query('BEGIN');
    await operator.query('DELETE FROM users WHERE id = $1', [id]);
    const change = patch(token, { name: 'Changed' });
    await eventually('the change waits for the deletion', async () => {
      const waiting = await database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    await operator.query('COMMIT');
    await operator.end();
    expectProblem(await change, 'invalid-token');
  });

  it('answers 401 without a token', async () => {
    expectProblem(
      await send(service, 'PATCH', '/users/me', { body: { name: 'Ada' } }),
      'authentication-required',
    );
  });

  it('answers 415 to anything but JSON', async () => {
    const { token } = await register(service);
    const answer = await send(service, 'PATCH', '/users/me', {
      body: 'name=Ada',
      headers: { ...bearer(token), 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expectProblem(answer, 'unsupported-media-type');
  });
});
