import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';

/** Waits for the end of a process; answers its status, or the name of the signal that ended it. */
export async function ended(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}
