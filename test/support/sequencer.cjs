// @ts-check
'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');
const { relative, resolve } = require('node:path');
/** @type {Record<string, number>} */
const SECONDS = require('./durations.json');

const ROOT = resolve(__dirname, '../..');
/** What a file takes that durations.json does not name. */
const UNIT_SECONDS = 0.5;
const OTHER_SECONDS = 3;
const CORES = 2;

/**
 * The longest files first, so that no core waits for another at the end, also on a machine that has run none before; and
 * says how long it will take.
 */
module.exports = class LongestFirst extends Sequencer {
  /** @param {Parameters<Sequencer['sort']>[0]} tests */
  sort(tests) {
    const timed = [...tests].map((test) => ({ test, seconds: secondsOf(test) }));
    timed.sort((one, other) => other.seconds - one.seconds);
    const total = timed.reduce((sum, { seconds }) => sum + seconds, 0);
    const seconds = Math.max(timed[0]?.seconds ?? 0, total / CORES);
    const time = seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} minutes`;
    process.stderr.write(
      `${tests.length} ${tests.length === 1 ? 'file' : 'files'} of tests: about ${time} on two cores\n`,
    );
    return timed.map(({ test }) => test);
  }
};

/** @param {{ path: string }} test */
function secondsOf({ path }) {
  const name = relative(ROOT, path);
  return SECONDS[name] ?? (name.startsWith('test/') ? OTHER_SECONDS : UNIT_SECONDS);
}
