import { FOREIGN_HASHES, foreignHash } from '../../test/support/foreign-hashes';
import { readStoredHash, storedHashFault, workOfParameters, HASH_PARAMETERS_PATTERN } from './stored-hash';

const HIGHEST_COST = 12;
const WERKZEUG = foreignHash('scrypt, Werkzeug 3.1.9');
const FIREBASE = foreignHash('scrypt, npm firebase-scrypt 2.2.0');
const PHP = foreignHash('argon2id, PHP 8.2');

interface Checked {
  readonly matches: boolean;
  readonly spent: Readonly<Record<string, number>>;
}
const work = jest.requireActual<(job: unknown) => Promise<Checked>>('./password-worker.cjs');

function verify(password: string, hash: string, failureWork = {}): Promise<Checked> {
  const stored = readStoredHash(hash, HIGHEST_COST);
  return work({
    task: 'verify',
    password,
    check: stored?.check,
    work: stored?.work,
    mayMatch: true,
    failureWork,
  });
}

describe('hashes of other services', () => {
  it.each(FOREIGN_HASHES)('opens with its password and nothing else: %s', async (_name, hash, password) => {
    expect(storedHashFault(hash, HIGHEST_COST)).toBeUndefined();
    expect(await verify(password, hash)).toMatchObject({ matches: true });
    for (const other of [`${password} `, password.slice(1), ''])
      expect(await verify(other, hash)).toMatchObject({ matches: false });
  });

  it.each(FOREIGN_HASHES)(
    'is no hash when it is cut, and another one opens nothing: %s',
    async (_name, hash, password) => {
      const cut = hash.slice(0, hash.lastIndexOf('$') + 1);
      expect(storedHashFault(hash.startsWith('{') ? hash.slice(0, 12) : cut, HIGHEST_COST)).toMatch(/^is no/);
      const at = hash.length - 8;
      const changed = `${hash.slice(0, at)}${hash[at] === 'a' ? 'b' : 'a'}${hash.slice(at + 1)}`;
      expect(await verify(password, changed)).toMatchObject({ matches: false });
    },
  );

  it.each([
    ['$2b$13$' + 'a'.repeat(53), 'asks for more than cost 12 of bcrypt'],
    ['$bcrypt-sha256$2b,13$' + 'a'.repeat(22) + '$' + 'a'.repeat(31), 'asks for more than cost 12 of bcrypt'],
    ['$2b$03$' + 'a'.repeat(53), 'is no complete hash of its format'],
    ['pbkdf2_sha256$2000001$salt$YWFhYQ==', 'asks for more than 2000000 iterations of PBKDF2'],
    ['pbkdf2:sha512:1000001$salt$aabb', 'asks for more than 1000000 iterations of PBKDF2'],
    ['pbkdf2_sha256$0$salt$YWFhYQ==', 'is no complete hash of its format'],
    [WERKZEUG.replace('16384:8:1', '262144:8:1'), 'asks for more work of scrypt than N·r·p = 1048576'],
    [WERKZEUG.replace('16384:8:1', '16383:8:1'), 'is no complete hash of its format'],
    [FIREBASE.replace('ln=14', 'ln=40'), 'asks for more work of scrypt than N·r·p = 1048576'],
    [FIREBASE.replace('p=1', 'p=0'), 'is no complete hash of its format'],
    [PHP.replace('m=1024', 'm=131073'), 'asks for more than 131072 KiB of memory of Argon2'],
    [PHP.replace('t=2', 't=513'), 'asks for more work of Argon2 than m·t = 524288'],
    [PHP.replace('p=1', 'p=17'), 'asks for more than 16 lanes of Argon2'],
    [PHP.replace('p=1', 't=1'), 'is no complete hash of its format'],
    [PHP.replace('m=1024', 'm=7'), 'is no complete hash of its format'],
    [PHP.replace('argon2id', 'argon2i'), 'is of no supported format'],
    ['{SSHA}' + Buffer.alloc(20).toString('base64'), 'is no complete hash of its format'],
    ['$2x$04$' + 'a'.repeat(53), 'is of no supported format'],
    ['$6$salt$hash', 'is of no supported format'],
    ['', 'is of no supported format'],
  ])('R80: a hash that nobody should compute is refused: %s', (hash, fault) => {
    expect(storedHashFault(hash, HIGHEST_COST)).toBe(fault);
    expect(readStoredHash(hash, HIGHEST_COST)).toBeUndefined();
  });

  it('R81: a check that fails takes the work of each family, whatever is stored', async () => {
    const failureWork = {
      bcrypt: 2 ** 5,
      'pbkdf2-sha1': 260_000,
      'pbkdf2-sha256': 260_000,
      'pbkdf2-sha512': 1000,
      scrypt: 16384 * 8,
      argon2id: 2048,
    };
    for (const hash of ['none', ...FOREIGN_HASHES.map(([, hash]) => hash)]) {
      const { matches, spent } = await verify('wrong', hash, failureWork);
      expect([hash, matches, spent]).toEqual([hash, false, failureWork]);
    }
  });

  it('the parameters alone tell the work', () => {
    const pattern = new RegExp(HASH_PARAMETERS_PATTERN);
    for (const [name, hash] of FOREIGN_HASHES) {
      const parameters = pattern.exec(hash)?.[1] ?? '';
      expect([name, workOfParameters(parameters, HIGHEST_COST)]).toEqual([
        name,
        readStoredHash(hash, HIGHEST_COST)?.work,
      ]);
      expect(parameters.length).toBeLessThan(50);
    }
  });
});
