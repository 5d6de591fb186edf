import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended } from '../../support/process/ended';
import { eventually } from '../../support/process/eventually';
import { send } from '../../support/http/http';
import { NODE } from '../../support/process/node';
import { spawnService, startService } from '../../support/process/service';

/** Nobody listens there. */
const DATABASE_URL = 'postgresql://u:p@127.0.0.1:1/x';

describe('the file .env in the working directory', () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-env-'))));

  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (content: string | Buffer) => writeFileSync(join(directory, '.env'), content);

  it.each([
    ['with a byte order mark and CRLF', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['in UTF-16', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
  ])('counts %s, and what it holds twice or in vain is said', async (_how, encode) => {
    const lines = [
      'AUTH_JWT_ISSUER=https://first.example.com',
      'export AUTH_JWT_ISSUER="https://last.example.com"',
      'AUTH_JWT_ISUER=x',
      'AUTH_PUBLIC_URL=http://hidden.example.com',
    ];
    write(encode(lines.join('\r\n')));
    const env = { DATABASE_URL, AUTH_PUBLIC_URL: '' };
    const service = await startService({ env, cwd: directory, until: 'listening' });
    try {
      const { body } = await send(service, 'GET', '/.well-known/openid-configuration');
      expect(body.issuer).toBe('https://last.example.com');
      const warnings = service
        .logs()
        .filter(({ level }) => level === 'warn')
        .map(({ msg }) => msg);
      expect(warnings).toEqual(
        expect.arrayContaining([
          'AUTH_JWT_ISSUER stands in .env more than once (lines 1, 2): the last one counts',
          'AUTH_JWT_ISUER is not a setting of this service; it has no effect',
          'AUTH_PUBLIC_URL of .env does not count: the environment has it too, and empty is unset',
        ]),
      );
    } finally {
      await service.stop('SIGKILL');
    }
  });

  it('stops the start with all faults of it and of the settings, and no value', async () => {
    write('AUTH_JWT_AUDIENCE="marked\nAUTH_JWT_ISSUER: marked\nPORT=mar#ked\n');
    const spawned = spawnService({ DATABASE_URL, AUTH_LOG_LEVEL: 'marked' }, NODE, directory);
    expect(await ended(spawned.process)).toBe(1);
    await eventually('all is written', () => spawned.output().includes('AUTH_LOG_LEVEL') || undefined);
    expect(
      spawned
        .output()
        .split('\n')
        .filter((line) => line.startsWith('  - ')),
    ).toEqual([
      '  - line 1 of .env: AUTH_JWT_AUDIENCE has a quote that is not closed',
      '  - line 2 of .env is not NAME=value',
      '  - line 3 of .env: PORT holds a #: put the value in quotes',
      '  - AUTH_LOG_LEVEL must be one of debug, info, warn, error, silent',
    ]);
  });

  it('that is no file or no text stops the start', async () => {
    mkdirSync(join(directory, '.env'));
    const folder = spawnService({ DATABASE_URL }, NODE, directory);
    expect(await ended(folder.process)).toBe(1);
    rmSync(join(directory, '.env'), { recursive: true });
    write(Buffer.from([0x41, 0x3d, 0xe9]));
    const bytes = spawnService({ DATABASE_URL }, NODE, directory);
    expect(await ended(bytes.process)).toBe(1);
    await eventually('both are written', () => {
      const outputs = [folder, bytes].map((one) => one.output());
      return (
        (/\.env cannot be read/.test(outputs[0] ?? '') && /\.env is no text/.test(outputs[1] ?? '')) ||
        undefined
      );
    });
  });
});
