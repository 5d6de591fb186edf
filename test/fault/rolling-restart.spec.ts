import { register } from '../support/http/accounts';
import { Load } from '../support/http/load';
import { HAPROXY, startCheckedHaproxy } from '../support/http/reverse-proxies';
import { useDatabase } from '../support/database/test-database';
import { Replicas } from '../support/fault/replicas';
import { describeWith, type SystemServer } from '../support/process/debian';
import { eventually } from '../support/process/eventually';
import { useResource } from '../support/process/use-resource';

const REPLICAS = 3;
const CLIENTS = 4;

describeWith([HAPROXY])('a rolling restart of three replicas behind HAProxy, under load', () => {
  const database = useDatabase();
  let replicas: Replicas;
  let proxy: SystemServer;
  useResource(
    async () => {
      replicas = await Replicas.start(REPLICAS, database.url, {
        AUTH_SHUTDOWN_DRAIN_SECONDS: '2',
        AUTH_TRUSTED_PROXIES: '1',
        AUTH_LOG_LEVEL: 'info',
      });
      proxy = await startCheckedHaproxy(replicas.ports);
    },
    async () => {
      await proxy.stop();
      await replicas.stop();
    },
  );

  it('fails no request, and each replica takes part again (R64)', async () => {
    const entrance = { url: `http://127.0.0.1:${proxy.port}` };
    const account = await eventually('HAProxy has a replica', () =>
      register(entrance).catch(() => undefined),
    );
    const load = new Load(entrance, account, CLIENTS);
    for (let n = 0; n < REPLICAS; n++) {
      const before = load.outcomes.length;
      expect(await replicas.restart(n)).toBe(0);
      await eventually('the new replica gets requests', () =>
        Promise.resolve(
          replicas
            .at(n)
            .logs()
            .some(({ msg, route }) => msg === 'request' && route === '/auth/me') || undefined,
        ),
      );
      expect(load.outcomes.length).toBeGreaterThan(before);
    }
    await load.stop(); // fails when a request got no answer
    expect(load.faults()).toEqual([]);
    expect(replicas.logs().flatMap(({ msg, reason }) => (msg === 'cannot answer' ? [reason] : []))).toEqual(
      [],
    );
    // A replica that drains says so to whoever asks it, through the proxy too.
    const refused = load.outcomes.filter(({ answer }) => answer.status === 503).map(({ name }) => name);
    expect(refused.filter((name) => name !== 'GET /health/ready')).toEqual([]);
    expect(load.outcomes.length).toBeGreaterThan(200);
  }, 120_000);
});
