import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import { loadConfiguration } from '../../../src/config/configuration';
import { runKeysGenerate } from '../../support/tokens/keys';

const ALGORITHMS = ['ES256', 'RS256', 'HS256'] as const;

/** What the command says when it refuses; fails when it does not. */
function refusal(...args: string[]): { status: unknown; stderr: string; stdout: string } {
  try {
    runKeysGenerate(...args);
  } catch (error) {
    return error as { status: unknown; stderr: string; stdout: string };
  }
  throw new Error('the command did not refuse');
}

describe('keys:generate', () => {
  it.each(ALGORITHMS)('prints lines for .env that the service signs and verifies %s with', (algorithm) => {
    const output = runKeysGenerate('--alg', algorithm);
    const { tokens, warnings } = loadConfiguration(parseEnv(output));
    expect(tokens.signingKey.algorithm).toBe(algorithm);
    expect(tokens.verificationKeys).toHaveLength(1); // the accepted key is the very key that signs
    expect(warnings.filter((warning) => warning.includes('JWT_SECRET'))).toEqual([]);
  });

  it.each(['ES256', 'RS256'] as const)('names the %s pair by its RFC 7638 thumbprint', async (algorithm) => {
    const output = runKeysGenerate('--alg', algorithm);
    const { AUTH_JWT_PREVIOUS_PUBLIC_KEYS: pem = '' } = parseEnv(output);
    const jwk = createPublicKey(pem.replaceAll('\\n', '\n')).export({ format: 'jwk' });
    const kid = await calculateJwkThumbprint(jwk);
    expect(output).toContain(`# ${algorithm} key pair, kid ${kid}\n`);
    expect(loadConfiguration(parseEnv(output)).tokens.signingKey.kid).toBe(kid);
  });

  it('makes RSA keys of 3072 bits, EC keys on P-256, and secrets of 48 random bytes (R12)', () => {
    const details = (algorithm: string) => {
      const { AUTH_JWT_PRIVATE_KEY: pem = '' } = parseEnv(runKeysGenerate('--alg', algorithm));
      return createPrivateKey(pem.replaceAll('\\n', '\n')).asymmetricKeyDetails;
    };
    expect(details('RS256')).toMatchObject({ modulusLength: 3072 });
    expect(details('ES256')).toMatchObject({ namedCurve: 'prime256v1' });
    const { AUTH_JWT_SECRET_KEY: secret = '' } = parseEnv(runKeysGenerate('--alg', 'HS256'));
    expect(secret).toMatch(/^[A-Za-z0-9_-]{64}$/);
  });

  it('makes another key each time', () => {
    for (const algorithm of ALGORITHMS) {
      expect(runKeysGenerate('--alg', algorithm)).not.toBe(runKeysGenerate('--alg', algorithm));
    }
  });

  it('keeps each setting in one line without quotes, which .env and docker read alike', () => {
    for (const algorithm of ALGORITHMS) {
      const lines = runKeysGenerate('--alg', algorithm).split('\n');
      expect(lines.filter((line) => !/^(#.*|AUTH_JWT_[A-Z_]+=[^"'#]+)?$/.test(line))).toEqual([]);
    }
  });

  describe('--files', () => {
    let directory: string;

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-keys-'));
    });

    afterEach(() => rmSync(directory, { recursive: true }));

    it.each(ALGORITHMS)(
      'writes a key for %s into files that the settings name, and prints none',
      (algorithm) => {
        const output = runKeysGenerate('--alg', algorithm, '--files', directory);
        expect(loadConfiguration(parseEnv(output)).tokens.signingKey.algorithm).toBe(algorithm);
        for (const name of readdirSync(directory)) {
          const path = join(directory, name);
          expect(output).toContain(`_FILE=${path}\n`);
          const text = readFileSync(path, 'utf8');
          expect(isIgnoredByGit(name)).toBe(true);
          if (!text.includes('PUBLIC KEY')) expect(statSync(path).mode & 0o777).toBe(0o600);
          const material = text.split('\n').filter((line) => /^[\w+/=-]{20,}$/.test(line));
          expect(material).not.toEqual([]);
          for (const line of material) expect(output).not.toContain(line);
        }
      },
    );

    it('never writes over a file that is there', () => {
      runKeysGenerate('--alg', 'HS256', '--files', directory);
      const before = readFileSync(join(directory, 'jwt-secret'), 'utf8');
      expect(refusal('--alg', 'HS256', '--files', directory)).toMatchObject({ status: 1, stdout: '' });
      expect(readFileSync(join(directory, 'jwt-secret'), 'utf8')).toBe(before);
    });

    it('refuses a directory that is not there', () => {
      const { status, stderr } = refusal('--alg', 'ES256', '--files', join(directory, 'missing'));
      expect(status).toBe(1);
      expect(stderr).toMatch(/missing\/\S+ does not exist\n$/);
    });
  });

  it('--help tells what it does, for npm and for the image', () => {
    const help = runKeysGenerate('--help');
    expect(help).toContain('npm run keys:generate -- --alg ES256|RS256|HS256');
    expect(help).toContain('node dist/src/cli/keys-generate.cli.js');
  });

  it('is what `npm run keys:generate` runs', () => {
    const { scripts } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['keys:generate']).toMatch(/&& node dist\/src\/cli\/keys-generate\.cli\.js$/);
  });

  it.each([
    [[]],
    [['--alg', 'none']],
    [['--alg', 'HS512']],
    [['--alg', 'es256']],
    [['--algorithm', 'ES256']],
  ])('refuses %j with status 1 and prints no key', (args) => {
    const { status, stdout, stderr } = refusal(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/--alg/);
  });
});

/** Whether the project's .gitignore names the file, in whatever folder it is. */
function isIgnoredByGit(name: string): boolean {
  const patterns = readFileSync(join(__dirname, '../../../.gitignore'), 'utf8').split('\n').filter(Boolean);
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`).test(name),
  );
}
