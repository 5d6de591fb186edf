// @ts-check
'use strict';
const { createHmac } = require('node:crypto');
const os = require('node:os');
const bcrypt = require('bcryptjs');

/** bcrypt reads no more bytes than these; bcrypt.hashSync cuts what is longer. */
const BCRYPT_BYTES = 72;

// On Linux a priority belongs to the thread: requests go before hashes. Elsewhere it would slow the whole process.
if (process.platform === 'linux') os.setPriority(0, 10);

/**
 * Long passwords: Passlib's bcrypt_sha256, version 2. The HMAC-SHA-256 of the password, keyed with the salt's 22
 * characters, in base64, is what bcrypt hashes.
 * https://passlib.readthedocs.io/en/stable/lib/passlib.hash.bcrypt_sha256.html#format-algorithm
 */
const LONG = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;

/** @param {string} password @param {string} salt */
function shorten(password, salt) {
  return createHmac('sha256', salt).update(password, 'utf8').digest('base64');
}

/** @param {string} password @param {number} cost */
function hash(password, cost) {
  const settings = bcrypt.genSaltSync(cost); // $2b$12$ and 22 characters
  if (Buffer.byteLength(password) <= BCRYPT_BYTES) return bcrypt.hashSync(password, settings);
  const salt = settings.slice(7);
  const digest = bcrypt.hashSync(shorten(password, salt), settings).slice(29);
  return `$bcrypt-sha256$v=2,t=2b,r=${cost}$${salt}$${digest}`;
}

/** @param {string} password @param {string} stored */
function compare(password, stored) {
  const long = LONG.exec(stored);
  if (long) {
    const [, cost, salt, digest] = long;
    return bcrypt.compareSync(shorten(password, salt), `$2b$${cost.padStart(2, '0')}$${salt}${digest}`);
  }
  if (Buffer.byteLength(password) <= BCRYPT_BYTES) return bcrypt.compareSync(password, stored);
  bcrypt.compareSync(password, stored); // the same time, and never a match: a plain hash is of a short password
  return false;
}

/**
 * Without a stored hash as much work as with one. A check that fails goes on until it has taken the rounds of `failureCost`:
 * 2^c for each cost c from that of the hash on adds up to the difference.
 *
 * @param {VerifyJob} job
 */
function verify({ password, stored, cost, mayMatch, failureCost }) {
  let rounds = 0;
  /** @param {number} cost */
  const spend = (cost) => {
    bcrypt.hashSync('spent', cost);
    rounds += 2 ** cost;
  };
  let matches = false;
  if (stored === undefined) {
    spend(cost);
  } else {
    matches = compare(password, stored) && mayMatch;
    rounds += 2 ** cost;
  }
  if (!matches) for (let more = cost; more < failureCost; more++) spend(more);
  return { matches, rounds };
}

/**
 * @typedef {{ task: 'hash', password: string, cost: number }} HashJob
 * @typedef {{ task: 'verify', password: string, stored: string | undefined, cost: number, mayMatch: boolean, failureCost: number }} VerifyJob
 * @param {HashJob | VerifyJob} job
 */
module.exports = (job) => (job.task === 'hash' ? hash(job.password, job.cost) : verify(job));
