// @ts-check
'use strict';
const {
  createCipheriv,
  createHash,
  createHmac,
  pbkdf2Sync,
  scryptSync,
  timingSafeEqual,
} = require('node:crypto');
const os = require('node:os');
const { isMainThread } = require('node:worker_threads');
const bcrypt = require('bcryptjs');

/** bcrypt reads at most this many bytes; bcrypt.hashSync truncates longer input. */
const BCRYPT_BYTES = 72;
/** Node's default limit of scrypt is 32 MiB; the formats have their own limits. */
const SCRYPT_MEMORY = 256 * 1024 * 1024;
/** scrypt work below this takes negligible time. */
const LEAST_SCRYPT = 2 ** 10;
/** Memory in KiB of the Argon2 that equalises the time of a failed check. */
const EQUALISING_MEMORY = 64 * 1024;
const SALT = Buffer.alloc(16);

// On Linux a priority applies to one thread, so requests take precedence over hashes. Elsewhere it would slow the whole process.
if (process.platform === 'linux' && !isMainThread) os.setPriority(0, 10);

/**
 * Loaded with the first hash that needs it. WebAssembly, because Node has Argon2 only since version 24.7. The library refuses
 * an empty password, which never matches anyway.
 *
 * @param {string} password @param {Uint8Array} salt @param {number} length @param {{ m: number, t: number, p: number }} cost
 */
async function argon2id(password, salt, length, { m, t, p }) {
  const library = require('hash-wasm/dist/argon2.umd.min.js');
  const given = { password: password || 'none', salt, hashLength: length, outputType: 'binary' };
  return library.argon2id({ ...given, memorySize: m, iterations: t, parallelism: p });
}

/** @param {string} password @param {Uint8Array} salt @param {number} length @param {{ N: number, r: number, p: number }} cost */
function scrypt(password, salt, length, { N, r, p }) {
  return scryptSync(password, salt, length, { N, r, p, maxmem: SCRYPT_MEMORY });
}

/**
 * The input of bcrypt in Passlib's bcrypt_sha256, in base64: in version 2 the HMAC-SHA-256 of the password, keyed with the
 * salt's 22 characters, in version 1 the SHA-256 of the password.
 * https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html#format-algorithm
 *
 * @param {string} password @param {string} salt @param {1 | 2} version
 */
function prehash(password, salt, version = 2) {
  const digest = version === 2 ? createHmac('sha256', salt) : createHash('sha256');
  return digest.update(password, 'utf8').digest('base64');
}

/** @param {string} password @param {number} cost */
function hash(password, cost) {
  const settings = bcrypt.genSaltSync(cost); // $2b$12$ and 22 characters
  if (Buffer.byteLength(password) <= BCRYPT_BYTES) return bcrypt.hashSync(password, settings);
  const salt = settings.slice(7);
  const digest = bcrypt.hashSync(prehash(password, salt), settings).slice(29);
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`;
}

/** @param {string} password @param {string} stored */
function compareBcrypt(password, stored) {
  if (Buffer.byteLength(password) <= BCRYPT_BYTES) return bcrypt.compareSync(password, stored);
  bcrypt.compareSync(password, stored); // takes the same time and never matches: a plain hash belongs to a short password
  return false;
}

/**
 * Firebase: the first 32 bytes of scrypt are the key with which AES-256 in counter mode encrypts the project's signer key.
 * https://github.com/firebase/scrypt
 *
 * @param {string} password @param {Extract<HashCheck, { scheme: 'firebase-scrypt' }>} check
 */
function firebase(password, check) {
  const key = scrypt(password, check.salt, 32, check);
  return createCipheriv('aes-256-ctr', key, SALT).update(check.signerKey);
}

/** @param {Uint8Array} made @param {Uint8Array} stored */
const same = (made, stored) => made.length === stored.length && timingSafeEqual(made, stored);

/** @param {string} password @param {HashCheck} check */
async function compare(password, check) {
  switch (check.scheme) {
    case 'bcrypt':
      return compareBcrypt(password, check.hash);
    case 'bcrypt-sha256': {
      const { settings, salt, digest, version } = check;
      return bcrypt.compareSync(prehash(password, salt, version), `${settings}${salt}${digest}`);
    }
    case 'pbkdf2': {
      const { salt, iterations, key, digest } = check;
      return same(pbkdf2Sync(password, salt, iterations, key.length, digest), key);
    }
    case 'scrypt':
      return same(scrypt(password, check.salt, check.key.length, check), check.key);
    case 'firebase-scrypt':
      return same(firebase(password, check), check.encrypted);
    case 'argon2id':
      return same(await argon2id(password, check.salt, check.key.length, check), check.key);
    case 'salted':
      return same(createHash(check.digest).update(password, 'utf8').update(check.salt).digest(), check.key);
  }
}

/**
 * Does the given amount of work of a family, to equalise timing.
 *
 * @param {HashFamily} family @param {number} amount
 */
async function equaliseTiming(family, amount) {
  if (family === 'bcrypt') {
    for (const cost of bits(amount)) if (cost >= 4) bcrypt.hashSync('spent', cost);
  } else if (family === 'scrypt') {
    for (const bit of bits(amount))
      if (2 ** bit >= LEAST_SCRYPT) scrypt('spent', SALT, 32, { N: 2 ** (bit - 3), r: 8, p: 1 });
  } else if (family === 'argon2id') {
    const m = Math.min(amount, EQUALISING_MEMORY);
    if (m >= 8) await argon2id('spent', SALT, 32, { m, t: Math.floor(amount / m), p: 1 });
    if (amount % m >= 8) await argon2id('spent', SALT, 32, { m: amount % m, t: 1, p: 1 });
  } else if (amount > 0) {
    pbkdf2Sync('spent', SALT, amount, 16, family.slice('pbkdf2-'.length));
  }
}

/** The powers of two that add up to a number. @param {number} amount */
const bits = (amount) =>
  [...amount.toString(2)].reverse().flatMap((bit, power) => (bit === '1' ? [power] : []));

/**
 * A failed check continues until it has done the work of `failureWork` in each family, whatever is stored. An empty password
 * never matches: other services may have accepted one.
 *
 * @param {VerifyJob} job
 */
async function verify({ password, check, work, mayMatch, failureWork }) {
  const matches = check !== undefined && (await compare(password, check)) && mayMatch && password !== '';
  /** @type {Partial<Record<HashFamily, number>>} */
  const spent = work === undefined ? {} : { [work.family]: work.amount };
  for (const [name, amount] of matches ? [] : Object.entries(failureWork)) {
    const family = /** @type {HashFamily} */ (name);
    const done = spent[family] ?? 0;
    await equaliseTiming(family, Math.max(0, amount - done));
    spent[family] = Math.max(amount, done);
  }
  return { matches, spent };
}

/**
 * @typedef {import('./hash-formats').HashCheck} HashCheck
 * @typedef {import('./hash-formats').HashFamily} HashFamily
 * @typedef {import('./hash-formats').HashWork} HashWork
 * @typedef {{ task: 'hash', password: string, cost: number }} HashJob
 * @typedef {{ task: 'verify', password: string, check: HashCheck | undefined, work: HashWork | undefined, mayMatch: boolean, failureWork: Partial<Record<HashFamily, number>> }} VerifyJob
 * @param {HashJob | VerifyJob} job
 */
module.exports = async (job) => (job.task === 'hash' ? hash(job.password, job.cost) : verify(job));
