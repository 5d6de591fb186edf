import { freePort, startSystemServer } from '../../support/process/debian';
import { TEST_SECRET } from '../../support/process/service';
import type { InteropServer, Issuer, RunningServer } from './server';

export const INFLUXDB: InteropServer = {
  name: 'InfluxDB 1.x',
  page: 'influxdb.md',
  program: '/usr/bin/influxd',
  checksAudience: false,
  noticesSignOut: false,
  token: 'access',
  there: 'the secret; the user, named by the address',
  here: '`AUTH_JWT_EXTRA_CLAIMS` with `username`, HS256',
  note: 'holds the secret that signs; looks at no issuer and no audience',
  version: ['/usr/bin/influxd', 'version'],
  start: startInfluxDb,
};

async function startInfluxDb([http = '']: readonly string[], issuer: Issuer): Promise<RunningServer> {
  const rpc = await freePort();
  const server = await startSystemServer({
    program: '/usr/bin/influxd',
    args: ({ configFile }) => ['-config', configFile],
    config: ({ folder, port }) => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
${http.replace('the value of AUTH_JWT_SECRET_KEY', TEST_SECRET)}
  bind-address = "127.0.0.1:${port}"
`,
  });
  const query = (q: string, authorization?: string) =>
    fetch(`http://127.0.0.1:${server.port}/query`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
      ...(authorization !== undefined && { headers: { authorization } }),
    });
  await query(`CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
  const root = `Basic ${Buffer.from('root:secret').toString('base64')}`;
  await query(`CREATE USER "${issuer.email}" WITH PASSWORD 'nobody knows it'`, root);
  return { server, takes: async (token) => (await query('SHOW DATABASES', `Bearer ${token}`)).ok };
}
