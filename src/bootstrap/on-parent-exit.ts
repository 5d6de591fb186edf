import { readFileSync } from 'node:fs';

const PAUSE_MS = 500;

/**
 * Calls back once the npm that started this process is gone. npm passes a signal on to the shell between it and us, and
 * no further: a shell that is ended by it leaves us behind, with the port and the data that the next start needs. A killed npm
 * leaves the shell behind too.
 */
export function onParentExit(callback: () => void): void {
  const family = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === family) return;
    clearInterval(timer);
    callback();
  }, PAUSE_MS);
  timer.unref();
}

/** Our parent and, where that is the shell and the system tells whose child it is, the shell's parent. */
function ancestors(): string {
  const parent = process.ppid;
  try {
    const [, name, grandparent] =
      /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return name === 'sh' ? `${parent} ${grandparent}` : `${parent}`;
  } catch {
    return `${parent}`; // not Linux, where the usual shells put the program in their own place
  }
}
