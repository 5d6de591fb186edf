import { nameWarnings } from './setting-names';

/** What Kubernetes sets for a Service of this name in capitals. */
const links = (service: string, port: number) => ({
  [`${service}_SERVICE_HOST`]: '10.0.171.239',
  [`${service}_SERVICE_PORT`]: String(port),
  [`${service}_SERVICE_PORT_HTTP`]: String(port),
  [`${service}_PORT`]: `tcp://10.0.171.239:${port}`,
  [`${service}_PORT_${port}_TCP`]: `tcp://10.0.171.239:${port}`,
  [`${service}_PORT_${port}_TCP_PROTO`]: 'tcp',
  [`${service}_PORT_${port}_TCP_PORT`]: String(port),
  [`${service}_PORT_${port}_TCP_ADDR`]: '10.0.171.239',
});

describe('warnings about names', () => {
  it.each(['AUTH', 'AUTH_SERVICE', 'AUTH_SERVICE_PORT', 'AUTH_PORT_80_TCP', 'AUTH_PORT'])(
    'pass over the service links of a Service %s, alone in its namespace',
    (service) => {
      expect(nameWarnings(links(service, 8001))).toEqual([]);
    },
  );

  it('do not take names for links because they look like ones of a Service that is not there', () => {
    const { AUTH_SERVICE_HOST: _, ...rest } = links('AUTH', 8001);
    expect(nameWarnings({ ...rest, AUTH_SERVICE_PORT_HTTP: '80' })).toContain(
      'AUTH_SERVICE_PORT_HTTP is not a setting of this service; it has no effect',
    );
  });

  it.each(['AUTH-LOG-LEVEL', 'AUTH.LOG.LEVEL', 'auth.log-level', 'database-url'])(
    'tell that %s, as a .env file may have it, is no setting',
    (name) => {
      expect(nameWarnings({ [name]: 'x' })).toEqual([
        `${name} has no effect: names of settings are in capitals, with _ between words`,
      ]);
    },
  );
});
