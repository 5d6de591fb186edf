const childProcess = require('node:child_process');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const { TestEnvironment } = require('jest-environment-node');

/** Programs have this long to end by themselves; then they are killed. */
const GRACE_MS = 3_000;

/**
 * The environment of a test file: what the file started and did not end (because a test of it failed), and the temporary folders
 * that it made and did not remove, go with it. Without that, Jest would wait for the programs for ever.
 */
module.exports = class CleanEnvironment extends TestEnvironment {
  children = new Set();
  folders = new Set();

  async setup() {
    await super.setup();
    this.restore = [
      replace(childProcess, 'spawn', (spawn) => (...args) => {
        const child = spawn(...args);
        this.children.add(child);
        child.once('exit', () => this.children.delete(child));
        return child;
      }),
      replace(fs, 'mkdtempSync', (mkdtempSync) => (...args) => {
        const folder = mkdtempSync(...args);
        this.folders.add(folder);
        return folder;
      }),
    ];
  }

  async teardown() {
    for (const restore of this.restore) restore();
    const left = [...this.children].filter(isRunning);
    for (const child of left) child.kill('SIGTERM');
    const deadline = Date.now() + GRACE_MS;
    while (left.some(isRunning) && Date.now() < deadline) await sleep(25);
    for (const child of left.filter(isRunning)) child.kill('SIGKILL');
    for (const folder of this.folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    await super.teardown();
  }
};

function isRunning({ exitCode, signalCode, pid }) {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function replace(module, name, make) {
  const original = module[name];
  module[name] = make(original);
  return () => {
    module[name] = original;
  };
}
