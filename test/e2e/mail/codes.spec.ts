import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { administrator } from '../../support/http/administrators';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { ProviderStub } from '../../support/providers/provider-stub';
import { useService } from '../../support/process/use-service';
import { login } from '../../support/tokens/sessions';

const PASSWORD = 'another horse battery';
/** Where each code is used, and what a good one answers. */
const USES = {
  'email-verification': ['/auth/email/verify', 204],
  'password-reset': ['/auth/password/reset', 200],
  activation: ['/auth/activate', 200],
  'email-change': ['/auth/email/change', 200],
  'email-undo': ['/auth/email/undo', 204],
} as const;
type Purpose = keyof typeof USES;

describe('R89: a code is for one purpose, once, until its end or a newer one, on each replica', () => {
  const mails = useMailServer();
  const provider = ProviderStub.use();
  const one = useService({ provider, env: () => mails.env });
  const { database } = one;
  const other = useService({ database, env: () => mails.env });
  let admin: Account;

  beforeAll(async () => {
    admin = await administrator(one, database);
  });

  const use = (purpose: Purpose, code: string, at: { readonly url: string }): Promise<Answer> => {
    const [path] = USES[purpose];
    const setsPassword = purpose === 'password-reset' || purpose === 'activation';
    return send(at, 'POST', path, { body: { code, ...(setsPassword && { password: PASSWORD }) } });
  };
  const ask = async (method: string, path: string, { token }: Pick<Account, 'token'>, body?: unknown) => {
    const answer = await send(one, method, path, {
      headers: bearer(token),
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(202);
  };
  const expectRefusedOnBoth = async (purpose: Purpose, code: string) => {
    for (const at of [one, other]) expectProblem(await use(purpose, code, at), 'code-invalid');
  };

  /** Has a user's code sent, as often as it is called, and reads the mail. */
  async function issuerOf(purpose: Purpose): Promise<() => Promise<string>> {
    const account = await register(one);
    const wanted = uniqueEmail();
    let seen = 0;
    if (purpose === 'activation')
      await database.query('UPDATE users SET password_hash = NULL WHERE id = $1', [account.id]);
    const issue: Readonly<Record<Exclude<Purpose, 'email-undo'>, () => Promise<string>>> = {
      'email-verification': async () => {
        await ask('POST', '/auth/email/verification', account);
        return codeIn(await mails.next(account.email, /Verify your/, seen++));
      },
      'password-reset': async () => {
        await send(one, 'POST', '/auth/password/forgot', { body: { email: account.email } });
        return codeIn(await mails.next(account.email, /Reset your/, seen++));
      },
      activation: async () => {
        await ask('POST', `/users/${account.id}/activation`, admin, { send: true });
        return codeIn(await mails.next(account.email, /Activate your/, seen++));
      },
      'email-change': async () => {
        await ask('PUT', '/users/me/email', account, { email: wanted });
        return codeIn(await mails.next(wanted, /Confirm your new/, seen++));
      },
    };
    if (purpose !== 'email-undo') return issue[purpose];
    return async () => {
      expect((await use('email-change', await issue['email-change'](), other)).status).toBe(200);
      return codeIn(await mails.next(account.email, /address of your account was changed/));
    };
  }

  it.each(Object.keys(USES) as Purpose[])('%s', async (purpose) => {
    const issue = await issuerOf(purpose);
    let code = await issue();
    if (purpose !== 'email-undo') {
      const former = code;
      code = await issue();
      await expectRefusedOnBoth(purpose, former);
    }
    for (const another of Object.keys(USES) as Purpose[])
      if (another !== purpose) await expectRefusedOnBoth(another, code);
    await expectRefusedOnBoth(purpose, `${code.slice(0, -1)}${code.endsWith('A') ? 'B' : 'A'}`);
    const used = await use(purpose, code, other);
    expect(used.status).toBe(USES[purpose][1]);
    await expectRefusedOnBoth(purpose, code);

    const late = await (await issuerOf(purpose))();
    await database.query('UPDATE verification_codes SET expires_at = now()');
    await expectRefusedOnBoth(purpose, late);
  });

  it('D6 R29: a code ends with the linking of the account, a deletion, a deactivation, and another address, whoever changes it', async () => {
    const endings: ((account: Account) => Promise<unknown>)[] = [
      ({ id }) => database.query('UPDATE users SET email = $2 WHERE id = $1', [id, uniqueEmail()]),
      ({ id }) =>
        send(one, 'PATCH', `/users/${id}`, {
          headers: bearer(admin.token),
          body: { email: uniqueEmail() },
        }),
      ({ email }) => {
        const token = provider.mint({ sub: email, email, email_verified: true });
        return send(one, 'POST', '/auth/validate', { body: { token } });
      },
      ({ id }) => send(one, 'DELETE', `/users/${id}`, { headers: bearer(admin.token) }),
      ({ id }) =>
        send(one, 'PATCH', `/users/${id}`, { headers: bearer(admin.token), body: { is_active: false } }),
    ];
    for (const end of endings) {
      const account = await register(one);
      await send(one, 'POST', '/auth/password/forgot', { body: { email: account.email } });
      const reset = codeIn(await mails.next(account.email, /Reset your/));
      await ask('POST', '/auth/email/verification', account);
      const proof = codeIn(await mails.next(account.email, /Verify your/));
      await end(account);
      await expectRefusedOnBoth('password-reset', reset);
      await expectRefusedOnBoth('email-verification', proof);
      // Dead for good: the address that it stood for does not bring it back.
      await database.query('UPDATE users SET email = $2, is_active = true WHERE id = $1', [
        account.id,
        account.email,
      ]);
      await expectRefusedOnBoth('password-reset', reset);
      await expectRefusedOnBoth('email-verification', proof);
    }
  });

  it('a login that runs into a reset opens nothing that lasts, and the new password holds on both', async () => {
    const account = await register(one);
    await send(one, 'POST', '/auth/password/forgot', { body: { email: account.email } });
    const code = codeIn(await mails.next(account.email, /Reset your/));
    expect((await use('password-reset', code, other)).status).toBe(200);
    for (const at of [one, other]) {
      expect((await login(at, account)).status).toBe(401);
      expect((await login(at, { ...account, password: PASSWORD })).status).toBe(200);
    }
  });
});
