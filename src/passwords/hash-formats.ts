/** A kind of computation; work within one family is comparable. */
export type HashFamily = 'bcrypt' | 'pbkdf2-sha1' | 'pbkdf2-sha256' | 'pbkdf2-sha512' | 'scrypt' | 'argon2id';

/** Rounds of bcrypt, iterations of PBKDF2, N·r·p of scrypt, KiB times passes of Argon2. */
export interface HashWork {
  readonly family: HashFamily;
  readonly amount: number;
}

/** Parameters for the comparison in the worker (`password-worker.cjs`). */
export type HashCheck =
  | { readonly scheme: 'bcrypt'; readonly hash: string }
  | {
      readonly scheme: 'bcrypt-sha256';
      readonly version: 1 | 2;
      readonly settings: string;
      readonly salt: string;
      readonly digest: string;
    }
  | {
      readonly scheme: 'pbkdf2';
      readonly digest: 'sha1' | 'sha256' | 'sha512';
      readonly iterations: number;
      readonly salt: Uint8Array;
      readonly key: Uint8Array;
    }
  | ({ readonly scheme: 'scrypt'; readonly salt: Uint8Array; readonly key: Uint8Array } & ScryptCost)
  | ({
      readonly scheme: 'firebase-scrypt';
      readonly salt: Uint8Array;
      readonly signerKey: Uint8Array;
      readonly encrypted: Uint8Array;
    } & ScryptCost)
  | ({ readonly scheme: 'argon2id'; readonly salt: Uint8Array; readonly key: Uint8Array } & Argon2Cost)
  | {
      readonly scheme: 'salted';
      readonly digest: 'sha1' | 'sha512';
      readonly salt: Uint8Array;
      readonly key: Uint8Array;
    };

/** RFC 7914 section 2. */
interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** RFC 9106 section 3.1: memory in KiB, passes, lanes. */
interface Argon2Cost {
  readonly m: number;
  readonly t: number;
  readonly p: number;
}

/** A text format of hashes: the parameters first, then salt and digest. */
export interface HashFormat {
  /** Regular expression of the beginning, in syntax that JavaScript and PostgreSQL share; its groups are the parameters. */
  readonly parameters: string;
  readonly rest: RegExp;
  /** Undefined when the work is negligible. */
  readonly work?: (parameters: readonly string[]) => HashWork;
  /** Why the hash costs too much to compute, to follow the name of a field; undefined when it is within the bounds. */
  readonly excess?: (parameters: readonly string[]) => string | undefined;
  /** Undefined when the encoded parts are invalid. */
  readonly check: (parameters: readonly string[], rest: readonly string[]) => HashCheck | undefined;
  /** Whether this service makes new hashes in this format. */
  readonly isOurs?: (parameters: readonly string[]) => boolean;
}

/** A check at these bounds takes about as long as bcrypt two steps above its default. Argon2 and scrypt need the stated memory in each worker. */
export const HASH_BOUNDS = {
  pbkdf2Iterations: { sha1: 2_000_000, sha256: 2_000_000, sha512: 1_000_000 },
  /** N·r·p; the memory is 128 bytes times N·r. */
  scryptWork: 2 ** 20,
  argon2MemoryKiB: 128 * 1024,
  /** Memory in KiB times passes. */
  argon2Work: 512 * 1024,
  argon2Lanes: 16,
} as const;

const RADIX_64 = '[./A-Za-z0-9]';
const BASE64 = '[A-Za-z0-9+/]+={0,2}';

const bcryptWork = (cost: string | undefined): HashWork => ({ family: 'bcrypt', amount: 2 ** Number(cost) });

const BCRYPT: HashFormat = {
  parameters: String.raw`\$(2[aby])\$(\d\d)\$`,
  rest: new RegExp(`^(${RADIX_64}{53})$`),
  work: ([, cost]) => bcryptWork(cost),
  check: ([ident, cost], [rest]) => ({ scheme: 'bcrypt', hash: `$${ident}$${cost}$${rest}` }),
  isOurs: ([ident]) => ident === '2b',
};

/** Passlib: https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html#format-algorithm */
const bcryptSha256 = (version: 1 | 2, parameters: string): HashFormat => ({
  parameters,
  rest: new RegExp(`^(${RADIX_64}{22})\\$(${RADIX_64}{31})$`),
  work: ([, cost]) => bcryptWork(cost),
  check: ([ident, cost = ''], [salt = '', digest = '']) => ({
    scheme: 'bcrypt-sha256',
    version,
    settings: `$${ident}$${cost.padStart(2, '0')}$`,
    salt,
    digest,
  }),
  isOurs: ([ident]) => version === 2 && ident === '2b',
});

type Digest = 'sha1' | 'sha256' | 'sha512';

const pbkdf2 = (parameters: string, rest: string, encoding: 'hex' | 'base64'): HashFormat => ({
  parameters,
  rest: new RegExp(`^([^$]{1,128})\\$(${rest})$`),
  work: ([digest, iterations]) => ({ family: `pbkdf2-${digest as Digest}`, amount: Number(iterations) }),
  excess: ([digest, iterations]) => {
    const most = HASH_BOUNDS.pbkdf2Iterations[digest as Digest];
    return Number(iterations) > most ? `asks for more than ${most} iterations of PBKDF2` : undefined;
  },
  check: ([digest, iterations], [salt = '', key = '']) => ({
    scheme: 'pbkdf2',
    digest: digest as Digest,
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'utf8'),
    key: Buffer.from(key, encoding),
  }),
});

const scryptCost = ([N, r, p]: readonly string[]): ScryptCost => ({
  N: Number(N),
  r: Number(r),
  p: Number(p),
});

const scryptExcess = ({ N, r, p }: ScryptCost): string | undefined =>
  N * r * p > HASH_BOUNDS.scryptWork
    ? `asks for more work of scrypt than N·r·p = ${HASH_BOUNDS.scryptWork}`
    : undefined;

const scryptWork = ({ N, r, p }: ScryptCost): HashWork => ({ family: 'scrypt', amount: N * r * p });

/** RFC 7914 section 2: N is a power of two above 1. */
const isScrypt = ({ N }: ScryptCost): boolean => N > 1 && Number.isInteger(Math.log2(N));

/** Werkzeug: https://werkzeug.palletsprojects.com/en/stable/utils/#werkzeug.security.generate_password_hash */
const WERKZEUG_SCRYPT: HashFormat = {
  parameters: String.raw`scrypt:(\d{1,10}):(\d{1,4}):(\d{1,4})\$`,
  rest: /^([^$]{1,128})\$([0-9a-f]{128})$/,
  work: (parameters) => scryptWork(scryptCost(parameters)),
  excess: (parameters) => scryptExcess(scryptCost(parameters)),
  check: (parameters, [salt = '', key = '']) => {
    const cost = scryptCost(parameters);
    const check = { salt: Buffer.from(salt, 'utf8'), key: Buffer.from(key, 'hex') };
    return isScrypt(cost) ? { scheme: 'scrypt', ...cost, ...check } : undefined;
  },
};

/** Firebase's form of scrypt, https://github.com/firebase/scrypt; `ln` is the memory cost, `r` the rounds of the project. */
const FIREBASE: HashFormat = {
  parameters: String.raw`\$firebase-scrypt\$ln=(\d{1,2}),r=(\d{1,4}),p=(\d{1,4}),`,
  rest: new RegExp(`^ss=((?:${BASE64})?),sk=(${BASE64})\\$(${BASE64})\\$(${BASE64})$`),
  work: (parameters) => scryptWork(firebaseCost(parameters)),
  excess: (parameters) => scryptExcess(firebaseCost(parameters)),
  check: (parameters, rest) => {
    const [separator, signerKey, salt, encrypted] = rest.map((text) => Buffer.from(text, 'base64'));
    if (!separator || !signerKey || !salt || !encrypted || signerKey.length !== encrypted.length)
      return undefined;
    const cost = firebaseCost(parameters);
    if (!isScrypt(cost)) return undefined;
    return {
      scheme: 'firebase-scrypt',
      ...cost,
      salt: Buffer.concat([salt, separator]),
      signerKey,
      encrypted,
    };
  },
};

function firebaseCost([ln, r, p]: readonly string[]): ScryptCost {
  return { N: 2 ** Number(ln), r: Number(r), p: Number(p) };
}

/** Salt and tag without padding. The parameters come in any order: the npm package `argon2` sorts them by name. */
const ARGON2ID: HashFormat = {
  parameters: String.raw`\$argon2id\$v=19\$([mtp]=\d{1,8}),([mtp]=\d{1,8}),([mtp]=\d{1,8})\$`,
  rest: /^([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/,
  work: (parameters) => {
    const { m, t } = argon2Cost(parameters);
    return { family: 'argon2id', amount: m * t };
  },
  excess: (parameters) => {
    const { m, t, p } = argon2Cost(parameters);
    const { argon2MemoryKiB, argon2Work, argon2Lanes } = HASH_BOUNDS;
    if (m > argon2MemoryKiB) return `asks for more than ${argon2MemoryKiB} KiB of memory of Argon2`;
    if (m * t > argon2Work) return `asks for more work of Argon2 than m·t = ${argon2Work}`;
    return p > argon2Lanes ? `asks for more than ${argon2Lanes} lanes of Argon2` : undefined;
  },
  check: (parameters, [salt = '', key = '']) => {
    const cost = argon2Cost(parameters);
    // RFC 9106 section 3.1.
    if (!(cost.t >= 1 && cost.p >= 1 && cost.m >= 8 * cost.p)) return undefined;
    return {
      scheme: 'argon2id',
      ...cost,
      salt: Buffer.from(salt, 'base64'),
      key: Buffer.from(key, 'base64'),
    };
  },
};

/** NaN where a parameter is missing. */
function argon2Cost(parameters: readonly string[]): Argon2Cost {
  const values = new Map(parameters.map((text) => [text.slice(0, 1), Number(text.slice(2))]));
  const [m = NaN, t = NaN, p = NaN] = ['m', 't', 'p'].map((name) => values.get(name));
  return { m, t, p };
}

/** OpenLDAP: base64 of the digest of password and salt, then the salt (slapd.conf(5), slapd-pw-sha2(5)). */
const salted = (tag: string, digest: 'sha1' | 'sha512', digestBytes: number): HashFormat => ({
  parameters: String.raw`\{${tag}\}`,
  rest: new RegExp(`^(${BASE64})$`),
  check: (_parameters, [text = '']) => {
    const bytes = Buffer.from(text, 'base64');
    const salt = bytes.subarray(digestBytes);
    if (salt.length < 1 || salt.length > 64) return undefined;
    return { scheme: 'salted', digest, salt, key: bytes.subarray(0, digestBytes) };
  },
});

/** Every supported format. This service makes `$2b$` and `$bcrypt-sha256$v=2,t=2b`. */
export const HASH_FORMATS: readonly HashFormat[] = [
  BCRYPT,
  bcryptSha256(2, String.raw`\$bcrypt-sha256\$v=2,t=(2[ab]),r=(\d{1,2})\$`),
  bcryptSha256(1, String.raw`\$bcrypt-sha256\$(2[ab]),(\d{1,2})\$`),
  ARGON2ID,
  pbkdf2(String.raw`pbkdf2_(sha1|sha256)\$(\d{1,9})\$`, BASE64, 'base64'), // Django
  pbkdf2(String.raw`pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$`, '[0-9a-f]+', 'hex'), // Werkzeug
  WERKZEUG_SCRYPT,
  FIREBASE,
  salted('SSHA', 'sha1', 20),
  salted('SSHA512', 'sha512', 64),
];
