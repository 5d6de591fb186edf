import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { register } from '../support/http/accounts';
import { send } from '../support/http/http';
import { describeWith, startSystemServer, type SystemServer } from '../support/process/debian';
import { eventually } from '../support/process/eventually';
import { ROOT } from '../support/process/program';
import { useResource } from '../support/process/use-resource';
import { useService } from '../support/process/use-service';
import { ProviderStub } from '../support/providers/provider-stub';

const FOLDER = join(ROOT, 'deploy/monitoring');
const PROGRAMS = ['/usr/bin/prometheus', '/usr/bin/promtool'];

const promtool = (...args: string[]) =>
  execFileSync('/usr/bin/promtool', args, { cwd: FOLDER, encoding: 'utf8', stdio: 'pipe' });

interface Dashboard {
  readonly panels: readonly { title: string; targets: readonly { expr: string }[] }[];
}

/** The expressions of the panels, for the job of a test. */
function panels(): { title: string; expr: string }[] {
  const { panels: all } = JSON.parse(readFileSync(join(FOLDER, 'dashboard.json'), 'utf8')) as Dashboard;
  return all.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$job', 'promptstack-auth').replaceAll('$__rate_interval', '1m'),
    })),
  );
}

describeWith(PROGRAMS)('deploy/monitoring', () => {
  const provider = ProviderStub.use();
  const service = useService({
    env: () => ({
      AUTH_OIDC_ISSUER: provider.issuer,
      AUTH_OIDC_AUDIENCE: 'app',
      AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '10',
    }),
  });
  let prometheus: SystemServer;
  useResource(
    async () => {
      const config = {
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [join(FOLDER, 'rules.yaml')],
        scrape_configs: [
          { job_name: 'promptstack-auth', static_configs: [{ targets: [new URL(service.url).host] }] },
        ],
      };
      prometheus = await startSystemServer({
        program: PROGRAMS[0]!,
        config: () => JSON.stringify(config),
        args: ({ configFile, folder, port }) => [
          `--config.file=${configFile}`,
          `--storage.tsdb.path=${join(folder, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
      });
    },
    () => prometheus.stop(),
  );

  const ask = async (expr: string) => {
    const url = `http://127.0.0.1:${prometheus.port}/api/v1/query?query=${encodeURIComponent(expr)}`;
    const answer = (await (await fetch(url)).json()) as { status: string; data: { result: unknown[] } };
    return { status: answer.status, found: answer.data?.result?.length ?? 0 };
  };

  it('has rules that promtool accepts, and whose tests pass', () => {
    expect(promtool('check', 'rules', 'rules.yaml')).toContain('SUCCESS');
    expect(promtool('test', 'rules', 'rules.test.yaml')).toContain('SUCCESS');
    expect(promtool('check', 'config', 'prometheus.example.yaml')).toContain('SUCCESS');
  });

  it('is for metrics that promtool has nothing against', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const result = execFileSync('/usr/bin/promtool', ['check', 'metrics'], { input: text, stdio: 'pipe' });
    expect(result.toString()).toBe('');
  });

  it('names no metric that a scrape of the service in use does not find', async () => {
    const { email, password, token } = await register(service);
    await send(service, 'POST', '/auth/login', { body: { email, password } });
    // More failures than an account may have in a row: a limit is hit too.
    for (let n = 0; n < 12; n++) {
      await send(service, 'POST', '/auth/login', { body: { email, password: 'another' } });
    }
    await send(service, 'POST', '/auth/validate', { body: { token } });
    await send(service, 'POST', '/auth/validate', { body: { token: provider.mint() } });
    const expressions = [
      ...panels().map(({ expr }) => expr),
      ...(parse(readFileSync(join(FOLDER, 'rules.yaml'), 'utf8')) as RuleFile).groups.flatMap(({ rules }) =>
        rules.map(({ expr }) => expr),
      ),
    ];
    const names = new Set(
      expressions.flatMap((expr) => expr.match(/\b(?:auth|http|nodejs|process)_\w+(?=\{)/g) ?? []),
    );
    expect(names.size).toBeGreaterThan(12);
    for (const name of names) {
      await eventually(`Prometheus knows ${name}`, async () => (await ask(name)).found > 0 || undefined);
    }
    await eventually('the rules have been evaluated', async () => {
      return (await ask('auth:requests:rate5m')).found > 0 || undefined;
    });
    expect((await ask('up{job="promptstack-auth"} == 1')).found).toBe(1);
  });

  it.each(panels())('has a panel "$title" that Prometheus can compute: $expr', async ({ expr }) => {
    expect((await ask(expr)).status).toBe('success');
  });
});

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}
