import { startSystemServer, type SystemServer } from '../process/debian';

/** Where Debian has them. */
export const NGINX = '/usr/sbin/nginx';
export const HAPROXY = '/usr/sbin/haproxy';
export const APACHE = '/usr/sbin/apache2';

/** What a reverse proxy passes on to: ports of this machine. */
export interface Behind {
  readonly ports: readonly number[];
  /** Path that it takes off, without a slash at its end. */
  readonly prefix?: string;
}

type StartProxy = (behind: Behind) => Promise<SystemServer>;

/** nginx with kept connections to what is behind it. */
export const startNginx: StartProxy = ({ ports, prefix = '' }) =>
  startSystemServer({
    program: NGINX,
    args: ({ folder, configFile }) => ['-p', folder, '-c', configFile, '-e', 'stderr'],
    config: ({ folder, port }) => `
      daemon off;
      master_process off;
      pid ${folder}/nginx.pid;
      error_log stderr error;
      events { worker_connections 512; }
      http {
        access_log off;
        client_body_temp_path ${folder}/body;
        proxy_temp_path ${folder}/proxy;
        fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi;
        scgi_temp_path ${folder}/scgi;
        upstream auth {
          ${ports.map((to) => `server 127.0.0.1:${to} max_fails=1 fail_timeout=10s;`).join('\n')}
          keepalive 16;
        }
        server {
          listen 127.0.0.1:${port};
          location ${prefix}/ {
            proxy_pass http://auth/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          }
        }
      }`,
  });

/** HAProxy, which adds a header line of its own. */
export const startHaproxy: StartProxy = ({ ports, prefix = '' }) =>
  startSystemServer({
    program: HAPROXY,
    args: ({ configFile }) => ['-db', '-f', configFile],
    config: ({ port }) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option forwardfor
frontend public
  bind 127.0.0.1:${port}
  default_backend auth
backend auth
  http-request replace-path ${prefix}(/.*) \\1
${ports.map((to, n) => `  server auth${n} 127.0.0.1:${to}`).join('\n')}
`,
  });

/**
 * HAProxy that asks each replica whether it is ready, as docs/operate/proxies.md says: one that drains gets no new requests, and
 * a connection that cannot be opened is tried at another one.
 */
export const startCheckedHaproxy = (ports: readonly number[]): Promise<SystemServer> =>
  startSystemServer({
    program: HAPROXY,
    args: ({ configFile }) => ['-db', '-f', configFile],
    config: ({ port }) => `
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  timeout check 2s
  retries 3
  option redispatch
  option forwardfor
frontend public
  bind 127.0.0.1:${port}
  default_backend auth
backend auth
  balance roundrobin
  option httpchk GET /health/ready
  default-server check inter 250ms fall 1 rise 2
${ports.map((to, n) => `  server auth${n} 127.0.0.1:${to}`).join('\n')}
`,
  });

/** Apache, which adds to the header line by itself. */
export const startApache: StartProxy = ({ ports: [to], prefix = '' }) =>
  startSystemServer({
    program: APACHE,
    args: ({ folder, configFile }) => ['-d', folder, '-f', configFile, '-DFOREGROUND'],
    config: ({ folder, port }) => `
      ${['mpm_event', 'authz_core', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
      ServerName localhost
      Listen 127.0.0.1:${port}
      PidFile ${folder}/apache.pid
      Mutex file:${folder}
      DefaultRuntimeDir ${folder}
      ErrorLog ${folder}/error.log
      User nobody
      Group nogroup
      ProxyPass ${prefix}/ http://127.0.0.1:${to}/
      ProxyPassReverse ${prefix}/ http://127.0.0.1:${to}/`,
  });
