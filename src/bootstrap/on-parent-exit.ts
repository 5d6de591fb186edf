import { readFileSync } from 'node:fs';

const PAUSE_MS = 500;

/**
 * Calls back when the npm that started this process has ended. npm forwards a signal only to the shell between it and this
 * process: when the shell ends, this process would stay and occupy the port and data of the next start. A killed npm leaves
 * the shell too.
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

/** The parent process and, if that is a shell and the system tells, the shell's parent. */
function ancestors(): string {
  const parent = process.ppid;
  try {
    const [, name, grandparent] =
      /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return name === 'sh' ? `${parent} ${grandparent}` : `${parent}`;
  } catch {
    return `${parent}`; // not Linux; the usual shells elsewhere replace themselves by the program
  }
}
