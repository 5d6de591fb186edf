import { execFileSync } from 'node:child_process';
import { freePort, startProgram } from './program.mjs';

export const version = () =>
  `HAProxy ${/version (\d+\.\d+\.\d+)/.exec(execFileSync('haproxy', ['-v'], { encoding: 'utf8' }))?.[1]}`;

export default async ({ issuer, audience, algorithm, secret, publicKey }) => {
  const port = await freePort();
  const key = secret ?? 'FOLDER/key.pem';
  const configuration = `
global
  maxconn 100
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend api
  bind 127.0.0.1:${port}
  http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
  http-request set-var(txn.typ) http_auth_bearer,jwt_header_query('$.typ')
  http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
  http-request set-var(txn.aud) http_auth_bearer,jwt_payload_query('$.aud')
  http-request set-var(txn.sub) http_auth_bearer,jwt_payload_query('$.sub')
  http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
  http-request set-var(txn.now) date()
  http-request return status 401 unless { var(txn.alg) -m str ${algorithm} } { var(txn.typ) -m str at+jwt }
  http-request return status 401 unless { var(txn.iss) -m str ${issuer} } { var(txn.aud) -m str ${audience} }
  http-request return status 401 unless { http_auth_bearer,jwt_verify(txn.alg,"${key}") -m int 1 }
  http-request return status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }
  http-request return status 200 content-type application/json lf-string '{"sub":"%[var(txn.sub)]"}'
`;
  return startProgram(
    'haproxy',
    ['-db', '-f', 'FOLDER/haproxy.cfg'],
    { 'haproxy.cfg': configuration, 'key.pem': publicKey ?? '' },
    port,
  );
};
