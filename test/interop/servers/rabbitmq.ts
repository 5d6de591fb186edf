import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { converse } from './conversation';
import { startErlang } from './erlang';
import { packaged, type InteropServer, type Issuer, type RunningServer } from './server';

export const RABBITMQ: InteropServer = {
  name: 'RabbitMQ',
  page: 'rabbitmq.md',
  program: '/usr/lib/rabbitmq/bin/rabbitmq-server',
  large: true,
  tls: true,
  checksAudience: true,
  noticesSignOut: false,
  token: 'access',
  there: '`resource_server_id`, `jwks_url` (https only)',
  here: '`AUTH_JWT_EXTRA_CLAIMS` with `scope`, an empty `AUTH_JWT_CLIENT_ID`, the audience',
  note: 'a channel that is open goes on after the token has expired; looks at no issuer',
  version: packaged('rabbitmq-server'),
  start: startRabbitMq,
};

async function startRabbitMq([conf = '']: readonly string[], issuer: Issuer): Promise<RunningServer> {
  const server = await startErlang({
    config: ({ folder, port }) => {
      writeFileSync(join(folder, 'plugins'), '[rabbitmq_auth_backend_oauth2].');
      const settings = conf.replace('/etc/ssl/certs/ca-certificates.crt', issuer.authority);
      writeFileSync(join(folder, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n${settings}\n`);
      return '';
    },
    command: ({ folder, port }) =>
      [
        `export HOME=${folder} RABBITMQ_CONF_ENV_FILE=${folder}/none RABBITMQ_NODENAME=interop-${port}@localhost`,
        `RABBITMQ_MNESIA_BASE=${folder}/data RABBITMQ_LOG_BASE=${folder}/log RABBITMQ_LOGS=-`,
        `RABBITMQ_CONFIG_FILE=${folder}/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=${folder}/plugins`,
        `RABBITMQ_PID_FILE=${folder}/pid; exec /usr/lib/rabbitmq/bin/rabbitmq-server`,
      ].join(' '),
  });
  return { server, takes: (token) => opens(server.port, token) };
}

/** Whether a connection with the token as password may open the virtual host "/" (AMQP 0-9-1, class 10). */
function opens(port: number, token: string): Promise<boolean> {
  const START = 10;
  const TUNE = 30;
  const OPEN_OK = 41;
  const CLOSE = 50;
  return converse(
    port,
    (text) => {
      const frame = Buffer.from(text, 'latin1');
      if (frame.length < 11 || frame.length < frame.readUInt32BE(3) + 8) return undefined;
      const method = frame.readUInt16BE(9);
      if (method === START) {
        // The server tells the client of a refusal, and does not just hang up, if the client can hear it.
        const hears = table('authentication_failure_close', Buffer.from('t\x01'));
        const properties = table('capabilities', Buffer.concat([Buffer.from('F'), hears]));
        return command(11, properties, short('PLAIN'), long(`\0\0${token}`), short('en_US'));
      }
      if (method === TUNE) {
        const limits = frame.subarray(11, 19);
        return Buffer.concat([command(31, limits), command(40, short('/'), short(''), Buffer.alloc(1))]);
      }
      return method === OPEN_OK || method === CLOSE ? { decided: method === OPEN_OK } : undefined;
    },
    Buffer.from('AMQP\x00\x00\x09\x01', 'latin1'),
  );
}

function command(method: number, ...args: readonly Buffer[]): Buffer {
  const payload = Buffer.concat([Buffer.from([0, 10, 0, method]), ...args]);
  const head = Buffer.alloc(7);
  head.writeUInt8(1, 0);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

function short(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

function long(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

function table(name: string, value: Buffer): Buffer {
  return long(Buffer.concat([short(name), value]));
}
