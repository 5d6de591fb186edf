import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { thumbprint, type SigningAlgorithm } from '../config/signing-keys';
import { commandErrorText } from '../common/system-error';

const SECRET_BYTES = 48;
/** For new keys; those in use may have 2048. */
const RSA_BITS = 3072;

const HELP = `npm run keys:generate -- --alg ES256|RS256|HS256 [--files <directory>]

Makes a new key for access tokens and prints the settings that it goes into, as lines for .env or docker's --env-file
(in a shell, put the values in single quotes). "Rotating keys" in docs/operate/keys.md tells when each is set.
--files  writes the key into new files of that directory, the secret ones for their owner only, and prints settings
         that name the files.
Without npm, as in the image: node dist/src/cli/keys-generate.cli.js --alg ES256
`;

/** A text of the settings: the setting it is for, and the name of its file. */
interface KeyText {
  readonly setting: string;
  readonly text: string;
  readonly file: string;
  readonly secret: boolean;
}

/** A new key as the settings want it. */
interface GeneratedKey {
  readonly title: string;
  /** What lets a replica accept its tokens. */
  readonly verification: KeyText;
  /** What lets a replica sign with it. */
  readonly signing: KeyText;
}

function generate(algorithm: SigningAlgorithm): GeneratedKey {
  return algorithm === 'HS256' ? generateSecret() : generatePair(algorithm);
}

function generateSecret(): GeneratedKey {
  const secret = { text: randomBytes(SECRET_BYTES).toString('base64url'), file: 'jwt-secret', secret: true };
  return {
    title: 'HS256 secret; its tokens carry no kid',
    verification: { setting: 'AUTH_JWT_PREVIOUS_SECRET_KEYS', ...secret },
    signing: { setting: 'AUTH_JWT_SECRET_KEY', ...secret },
  };
}

function generatePair(algorithm: 'RS256' | 'ES256'): GeneratedKey {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: RSA_BITS })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = thumbprint(publicKey);
  return {
    title: `${algorithm} key pair, kid ${kid}`,
    verification: {
      setting: 'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
      text: pem(publicKey, 'spki'),
      file: `jwt-public-${kid}.pem`,
      secret: false,
    },
    signing: {
      setting: 'AUTH_JWT_PRIVATE_KEY',
      text: pem(privateKey, 'pkcs8'),
      file: `jwt-private-${kid}.pem`,
      secret: true,
    },
  };
}

function pem(key: KeyObject, type: 'spki' | 'pkcs8'): string {
  return key.export({ type, format: 'pem' }) as string;
}

function inOneLine({ setting, text }: KeyText): string {
  return `${setting}=${text.trim().replaceAll('\n', '\\n')}`;
}

function inFile(directory: string) {
  const written = new Set<string>();
  return ({ setting, text, file, secret }: KeyText): string => {
    const path = resolve(join(directory, file));
    // Never over a key that is there: it may be in use.
    if (!written.has(path)) writeFileSync(path, text, { flag: 'wx', mode: secret ? 0o600 : 0o644 });
    written.add(path);
    return `${setting}_FILE=${path}`;
  };
}

function main(args: readonly string[]): void {
  const { values } = parseArgs({
    args: [...args],
    options: { alg: { type: 'string' }, files: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const { alg, files } = values;
  if (alg !== 'ES256' && alg !== 'RS256' && alg !== 'HS256') {
    throw new Error('--alg must be ES256, RS256 or HS256; --help tells more');
  }
  const { title, verification, signing } = generate(alg);
  const line = files === undefined ? inOneLine : inFile(files);
  process.stdout.write(`# ${title}

# Accept its tokens (first, on every replica; keys that stand there already stay):
${line(verification)}

# Sign with it (when every replica accepts them):
AUTH_JWT_ALGORITHM=${alg}
${line(signing)}
`);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${commandErrorText(error)}\n`);
  process.exitCode = 1;
}
