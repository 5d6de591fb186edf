import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ProcessEnvironment } from '../config/environment';
import { readSettings } from '../config/read-settings';
import { MIN_SECRET_BYTES } from '../config/signing-keys';

const FILE = '.data/jwt-secret';
const OWNER_ONLY = 0o600;

/**
 * In development without a configured key, uses a secret stored in `.data/`, so that users stay signed in across restarts.
 * When it cannot be stored, the variables stay unchanged: the default is a random secret for this run.
 */
export function withDevelopmentSecret(environment: ProcessEnvironment): ProcessEnvironment {
  const { values, faults } = readSettings(environment.variables);
  const wanted = values.runtime.environment === 'development' && values.tokens.algorithm === 'HS256';
  if (!wanted || values.tokens.secretKey !== undefined || faults.length > 0) return environment;
  const secret = keptSecret(resolve(FILE));
  if (secret === undefined) return environment;
  return {
    ...environment,
    variables: { ...environment.variables, AUTH_JWT_SECRET_KEY: secret },
    warnings: [
      ...environment.warnings,
      `AUTH_JWT_SECRET_KEY is not set: tokens are signed with the secret that ${FILE} keeps for development`,
    ],
  };
}

function keptSecret(path: string): string | undefined {
  try {
    return read(path) ?? make(path);
  } catch {
    return undefined; // the folder is not writable
  }
}

function read(path: string): string | undefined {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) return undefined;
    chmodSync(path, OWNER_ONLY);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written atomically: of several concurrent starts one creates the secret, and all read it. */
function make(path: string): string | undefined {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}-${process.pid}`;
  writeFileSync(unfinished, randomBytes(MIN_SECRET_BYTES).toString('base64url'), { mode: OWNER_ONLY });
  try {
    linkSync(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished);
  }
  return read(path);
}
