import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import { built } from '../process/build';
import { NODE } from '../process/node';

/** Runs the built `keys:generate` and answers what it prints. */
export function runKeysGenerate(...args: readonly string[]): string {
  return execFileSync(NODE, [built('src/cli/keys-generate.cli.js'), ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

/** The settings that go with a key. */
export interface KeySettings {
  /** Signs with it. */
  readonly signing: Record<string, string>;
  /** Accepts its tokens. */
  readonly accepting: Record<string, string>;
}

/** A new key in settings, made as an operator makes it. */
export function newKey(algorithm: 'HS256' | 'RS256' | 'ES256'): KeySettings {
  const settings = parseEnv(runKeysGenerate('--alg', algorithm)) as Record<string, string>;
  const entries = Object.entries(settings);
  const isAccepting = ([name]: [string, string]) => name.includes('PREVIOUS');
  return {
    signing: Object.fromEntries(entries.filter((entry) => !isAccepting(entry))),
    accepting: Object.fromEntries(entries.filter(isAccepting)),
  };
}
