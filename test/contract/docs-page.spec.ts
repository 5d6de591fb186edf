import type { Browser, Locator, Page } from 'playwright-core';
import { register, type Account } from '../support/http/accounts';
import { describeInBrowser, launchBrowser } from '../support/http/browser';
import { useService } from '../support/process/use-service';

describeInBrowser('the page /docs, in Chromium', () => {
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];
  const hosts = new Set<string>();
  const service = useService();

  beforeAll(async () => {
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => complaints.push(`${request.url()} failed`));
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:') hosts.add(host);
    });
    await page.goto(`${service.url}/docs`);
    await page.locator('.swagger-ui .info .title').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
  });

  afterEach(() => {
    // Whatever a test does: the browser complains of nothing and asks nobody but the service.
    expect(complaints).toEqual([]);
    expect([...hosts]).toEqual([`127.0.0.1:${service.port}`]);
  });

  it('shows the service and its operations', async () => {
    expect(await page.title()).toBe('PromptStack Auth Service');
    expect(await page.locator('.info .title').innerText()).toContain('PromptStack Auth Service');
    const operations = await page.locator('.opblock-summary-path').allInnerTexts();
    expect(operations.map((path) => path.replaceAll('\u200b', ''))).toEqual(
      expect.arrayContaining(['/auth/register', '/auth/login', '/auth/me', '/teams', '/domains', '/health']),
    );
  });

  /** Gives the page a token of a new account. */
  async function authorize(): Promise<Account> {
    const account = await register(service, { password: 'another than in the document' });
    await page.locator('button.authorize').first().click();
    const scheme = page.locator('.auth-container').filter({ hasText: 'accessToken' });
    const logout = scheme.getByRole('button', { name: 'Remove authorization' });
    if (await logout.isVisible()) await logout.click();
    await scheme.locator('input').fill(account.token);
    await scheme.getByRole('button', { name: 'Apply credentials' }).click();
    await logout.waitFor();
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).last().click();
    return account;
  }

  /** Presses "Try it out" and "Execute", and changes nothing in between. */
  async function tryOut(operationId: string): Promise<Locator> {
    const operation = page.locator(`#operations-${operationId}`);
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    return operation.locator('.live-responses-table .response');
  }

  it('takes a token under "Authorize" and answers "Try it out" on GET /auth/me with the person', async () => {
    const account = await authorize();
    const answer = await tryOut('Identity-getMe');
    expect(await answer.locator('.response-col_status').innerText()).toMatch(/^200/);
    const body = JSON.parse(await answer.locator('.highlight-code code').first().innerText()) as unknown;
    expect(body).toMatchObject({ id: account.id, email: account.email, name: account.name });
  });

  it.each(['Sessions-endSessions', 'Sessions-logout'])(
    'executes %s as it is filled in: what is optional is not in the way',
    async (operationId) => {
      await authorize();
      const answer = await tryOut(operationId);
      expect(await answer.locator('.response-col_status').innerText()).toMatch(/^204/);
    },
  );
});
