import { isNativeError } from 'node:util/types';

/** An error of Node.js for a failed system call. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly port?: number;
}

const FILE_SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EEXIST: 'exists already, and is not overwritten',
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be read or written by this user',
  ENOTDIR: 'is below something that is not a folder',
  EISDIR: 'is a folder',
  EROFS: 'is on a file system that takes no writes',
  ENOSPC: 'cannot be written: the disk is full',
};

/**
 * A sentence for the user of a command about a port or file that is unavailable; undefined for every other error. `otherPort`
 * says how to choose another port, such as `PORT=8002 npm start`.
 */
export function systemErrorSentence(error: unknown, otherPort: string): string | undefined {
  if (!isSystemError(error)) return undefined;
  const { code, syscall, path, port } = error;
  if (syscall === 'listen' || syscall === 'bind') {
    if (code === 'EADDRINUSE') {
      return `Port ${port} is taken by another program: stop that one, or choose another port: ${otherPort}`;
    }
    if (code === 'EACCES')
      return `This user may not listen on port ${port}; choose another port: ${otherPort}`;
  }
  const sentence = FILE_SENTENCES[code];
  return path !== undefined && sentence !== undefined ? `${path} ${sentence}` : undefined;
}

/**
 * What a command prints about an error: a sentence when the cause is a port or a file, otherwise its message. A connection to a
 * host with several addresses fails with one error per address and no message of its own.
 */
export function commandErrorText(error: unknown, otherPort = 'set PORT'): string {
  if (error instanceof AggregateError) {
    return error.errors.map((one: unknown) => commandErrorText(one, otherPort)).join('; ');
  }
  return systemErrorSentence(error, otherPort) ?? (error instanceof Error ? error.message : String(error));
}

function isSystemError(error: unknown): error is SystemError {
  return isNativeError(error) && 'code' in error && typeof error.code === 'string';
}
