import axe from 'axe-core';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { register, uniqueEmail } from '../../support/http/accounts';
import { describeInBrowser, launchBrowser } from '../../support/http/browser';
import { bearer, send } from '../../support/http/http';
import { useMailServer } from '../../support/mail/mail-server';
import { codeIn } from '../../support/mail/received-mail';
import { storeCode } from '../../support/mail/stored-codes';
import { useService } from '../../support/process/use-service';
import { login, refresh, tokensOf } from '../../support/tokens/sessions';

/** A folder for pictures of the pages, for docs. */
const SCREENSHOTS = process.env.ACCOUNT_SCREENSHOTS;
const NEW_PASSWORD = 'another horse battery';

describeInBrowser('the pages under /account, in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();
  const mails = useMailServer();
  const service = useService({ env: () => mails.env });
  const { database } = service;

  async function newPage(options: object = {}): Promise<Page> {
    const made = await browser!.newPage(options);
    made.on('console', (message) => {
      // What a browser says of a status that a form was answered with.
      if (/status of 4\d\d/.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    made.on('pageerror', (error) => complaints.push(error.message));
    made.on('request', (request) => hosts.add(new URL(request.url()).host));
    return made;
  }

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await newPage({ viewport: { width: 390, height: 844 } });
  });

  afterAll(() => browser?.close());

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
    expect([...hosts]).toEqual([`127.0.0.1:${service.port}`]);
  });

  /** What links in mails lead to, at this service. */
  const open = (name: string, code?: string) =>
    page.goto(`${service.url}/account/${name}${code === undefined ? '' : `#code=${code}`}`);
  const heading = () => page.locator('h1').innerText();

  it('verify: takes the code of the link out of the address, and posts at the press of the button only', async () => {
    const account = await register(service);
    await send(service, 'POST', '/auth/email/verification', { headers: bearer(account.token) });
    const code = codeIn(await mails.next(account.email, /Verify/));
    await open('verify', code);
    expect(await page.locator('#code').inputValue()).toBe(code);
    expect(page.url()).toBe(`${service.url}/account/verify`);
    const before = await send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
    expect(before.body.email_verified).toBe(false);
    await page.keyboard.press('Tab'); // everything by the keyboard
    await page.getByRole('button', { name: 'Verify address' }).press('Enter');
    await page.getByRole('heading', { name: 'Address verified' }).waitFor();
    expect(await violations(page)).toEqual([]);
    const after = await send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
    expect(after.body.email_verified).toBe(true);
    await open('verify', code);
    await page.getByRole('button').click();
    expect(await page.getByRole('alert').innerText()).toContain('The code is unknown, was used');
  });

  it('reset: tells of an unfit password in words, keeps the code, and sets the password', async () => {
    const account = await register(service);
    await send(service, 'POST', '/auth/password/forgot', { body: { email: account.email } });
    await open('reset', codeIn(await mails.next(account.email, /Reset/)));
    await page.getByLabel('New password').fill('short');
    await page.getByRole('button').click();
    expect(await page.getByRole('alert').innerText()).toMatch(/password/);
    await page.getByLabel('New password').fill(NEW_PASSWORD);
    await page.getByRole('button').click();
    expect(await heading()).toBe('Password set');
    expect((await login(service, { ...account, password: NEW_PASSWORD })).status).toBe(200);
  });

  it('activate, and the change of an address with its undoing, without scripts by pasting', async () => {
    const account = await register(service);
    await database.query('UPDATE users SET password_hash = NULL WHERE id = $1', [account.id]);
    const activation = await storeCode(database, account.id, 'activation');
    const plain = await newPage({ javaScriptEnabled: false });
    const paste = async (name: string, code: string, password?: string) => {
      await plain.goto(`${service.url}/account/${name}`);
      await plain.getByLabel('Code from the message').fill(code);
      if (password !== undefined) await plain.getByLabel('New password').fill(password);
      await plain.getByRole('button').click();
      return plain.locator('h1').innerText();
    };
    expect(await paste('activate', activation, NEW_PASSWORD)).toBe('Account activated');
    const tokens = tokensOf(await login(service, { ...account, password: NEW_PASSWORD }));
    const wanted = uniqueEmail();
    const asked = await send(service, 'PUT', '/users/me/email', {
      headers: bearer(tokens.accessToken),
      body: { email: wanted },
    });
    expect(asked.status).toBe(202);
    expect(await paste('email', codeIn(await mails.next(wanted, /Confirm/)))).toBe('Address changed');
    expect((await refresh(service, tokens.refreshToken)).body.user.email).toBe(wanted);
    expect(await paste('email', codeIn(await mails.next(account.email, /was changed/)))).toBe(
      'Change undone',
    );
    expect((await refresh(service, tokens.refreshToken)).status).toBe(401);
    await plain.close();
  });

  it('verify and reset without scripts, by pasting', async () => {
    const account = await register(service);
    const plain = await newPage({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
    for (const [name, purpose, done] of [
      ['verify', 'email-verification', 'Address verified'],
      ['reset', 'password-reset', 'Password set'],
    ] as const) {
      await plain.goto(`${service.url}/account/${name}`);
      await plain.getByLabel('Code from the message').fill(await storeCode(database, account.id, purpose));
      if (name === 'reset') await plain.getByLabel('New password').fill(NEW_PASSWORD);
      await plain.getByRole('button').click();
      expect(await plain.locator('h1').innerText()).toBe(done);
      expect(await plain.getByRole('status').innerText()).not.toBe('');
    }
    await plain.close();
  });

  it('reset by the keyboard alone, with a focus that is seen; on a phone by touch', async () => {
    const account = await register(service);
    await open('reset', await storeCode(database, account.id, 'password-reset'));
    for (const field of ['code', 'password']) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.id')).toBe(field);
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    await page.keyboard.type(NEW_PASSWORD);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('BUTTON');
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'Password set' }).waitFor();
    expect(await violations(page)).toEqual([]);
    const phone = await newPage({
      viewport: { width: 320, height: 568 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
    });
    const code = await storeCode(database, account.id, 'password-reset');
    await phone.goto(`${service.url}/account/reset#code=${code}`);
    const { height } = (await phone.getByRole('button').boundingBox())!;
    expect(height).toBeGreaterThanOrEqual(44); // what a finger meets
    await phone.getByLabel('New password').tap();
    await phone.keyboard.type(NEW_PASSWORD);
    await phone.getByRole('button').tap();
    await phone.getByRole('heading', { name: 'Password set' }).waitFor();
    await phone.close();
  });

  it('at 200 % and 400 % nothing is cut off, and nothing to scroll sideways', async () => {
    // What zoom does: fewer pixels of CSS, each of several of the screen.
    for (const [zoom, width, height] of [
      [2, 640, 512],
      [4, 320, 256],
    ] as const) {
      const zoomed = await newPage({ viewport: { width, height }, deviceScaleFactor: zoom });
      for (const name of ['verify', 'reset', 'activate', 'email']) {
        await zoomed.goto(`${service.url}/account/${name}`);
        expect(await zoomed.evaluate('document.documentElement.scrollWidth')).toBe(width);
        for (const element of await zoomed.locator('h1, p, label, input, button').all()) {
          const box = (await element.boundingBox())!;
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(width);
        }
        expect(await violations(zoomed)).toEqual([]);
      }
      await zoomed.close();
    }
  });

  it.each(['verify', 'reset', 'activate', 'email'])(
    '%s: axe finds nothing, in light and dark, also with a fault',
    async (name) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await open(name);
        for (const withFault of [false, true]) {
          if (withFault) {
            await page.getByLabel('Code from the message').fill('none');
            if (await page.getByLabel('New password').isVisible())
              await page.getByLabel('New password').fill(NEW_PASSWORD);
            await page.getByRole('button').click();
            await page.getByRole('alert').waitFor();
          }
          expect(await violations(page)).toEqual([]);
          if (SCREENSHOTS !== undefined)
            await page.screenshot({
              path: join(SCREENSHOTS, `${name}-${colorScheme}${withFault ? '-fault' : ''}.png`),
            });
          const width = await page.evaluate('document.documentElement.scrollWidth');
          expect(width).toBe(390); // nothing to scroll sideways
        }
      }
    },
  );

  it('what is typed comes back as text; a strict policy, no cookie, no store', async () => {
    const response = await fetch(`${service.url}/account/verify`, {
      method: 'POST',
      body: new URLSearchParams({ code: '"><script>alert(1)</script>' }),
    });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('&quot;&gt;&lt;script&gt;');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('set-cookie')).toBeNull();
    const json = await send(service, 'POST', '/account/verify', { body: { code: 'x' } });
    expect(json.status).toBe(415);
    expect((await send(service, 'GET', '/account/other')).status).toBe(404);
  });
});

/** What axe finds, in a world of its own: the policy of the page lets no foreign script in. */
async function violations(page: Page): Promise<unknown> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  await session.send('Runtime.evaluate', { expression: axe.source, contextId });
  const { result } = await session.send('Runtime.evaluate', {
    expression:
      'axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))',
    awaitPromise: true,
    returnByValue: true,
    contextId,
  });
  return JSON.parse(result.value as string);
}
