import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../process/program';

/** A certificate that nobody knows, and its key; `file` is what a process must be told to trust. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly file: string;
}

/** Makes a certificate for these hosts, by Debian's openssl. */
export async function makeCertificate(hosts: readonly string[] = ['localhost']): Promise<Certificate> {
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-certificate-'));
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { status, output } = await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', file],
  ]);
  if (status !== 0) throw new Error(`openssl made no certificate:\n${output}`);
  return { cert: readFileSync(file, 'utf8'), key: readFileSync(key, 'utf8'), file };
}

/** Makes a certificate for localhost by an authority of its own, for clients that take no certificate that signs itself; `file` is the authority. */
export async function makeSignedCertificate(): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-certificate-'));
  chmodSync(folder, 0o755); // servers read it as another user
  const at = (name: string) => join(folder, name);
  const make = async (name: string, ...args: readonly string[]) => {
    const { status, output } = await run('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), ...args],
    ]);
    if (status !== 0) throw new Error(`openssl made no certificate:\n${output}`);
  };
  await make('authority', '-subj', '/CN=Authority of the tests');
  await make(
    'server',
    '-subj',
    '/CN=localhost',
    '-CA',
    at('authority.pem'),
    '-CAkey',
    at('authority.key'),
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-addext',
    'subjectAltName=DNS:localhost',
  );
  return {
    cert: readFileSync(at('server.pem'), 'utf8'),
    key: readFileSync(at('server.key'), 'utf8'),
    file: at('authority.pem'),
  };
}
