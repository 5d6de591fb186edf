// @ts-check
'use strict';
const { writeFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const DURATIONS = join(__dirname, 'durations.json');
/** Files that take less are not worth a line. */
const LEAST_SECONDS = 4;

/** As `describeWith` names tests that it skips. */
const REASON = /\(skipped: (.+)\)$/;

/**
 * What of Jest's results is used here.
 *
 * @typedef {{
 *   testResults: {
 *     testFilePath: string;
 *     perfStats: { runtime: number };
 *     numFailingTests: number;
 *     testExecError?: unknown;
 *     testResults: { status: string; ancestorTitles: string[] }[];
 *   }[];
 * } & Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites' | 'numPendingTests' | 'numTodoTests', number>} Results
 */

/**
 * Says at the end what was skipped and why. Writes how many tests passed and failed to the file that TEST_SUMMARY_FILE names: a
 * test that was skipped has not passed, and a file that could not run counts as one failed test. With TEST_DURATIONS=write it
 * renews `durations.json`, which the order of the files goes by.
 */
module.exports = class SummaryReporter {
  /**
   * @param {unknown} _contexts
   * @param {Results} results
   */
  onRunComplete(_contexts, results) {
    for (const text of skipped(results)) process.stderr.write(`${text}\n`);
    if (process.env.TEST_DURATIONS === 'write') writeDurations(results);
    const file = process.env.TEST_SUMMARY_FILE;
    if (!file) return;
    const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = results;
    writeFileSync(
      file,
      JSON.stringify({
        passed,
        failed: numFailedTests + numRuntimeErrorTestSuites,
        skipped: results.numPendingTests + results.numTodoTests,
        failedFiles: failedFiles(results),
      }),
    );
  }
};

/** The files with a failed test, and those that could not run. @param {Results} results */
function failedFiles({ testResults }) {
  return testResults
    .filter(({ numFailingTests, testExecError }) => numFailingTests > 0 || testExecError)
    .map(({ testFilePath }) => testFilePath);
}

/** One line for each file and reason. @param {Results} results */
function skipped({ testResults }) {
  const counts = new Map();
  for (const { testFilePath, testResults: tests } of testResults) {
    for (const { status, ancestorTitles } of tests) {
      if (status !== 'pending') continue;
      const reason = ancestorTitles.map((title) => REASON.exec(title)?.[1]).find(Boolean) ?? 'not asked for';
      const key = `${relative(process.cwd(), testFilePath)}: ${reason}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return [...counts].map(([key, count]) => `skipped ${count} of ${key}`);
}

/** @param {Results} results */
function writeDurations({ testResults }) {
  const entries = testResults
    .map(({ testFilePath, perfStats }) => [
      relative(process.cwd(), testFilePath),
      Math.round(perfStats.runtime / 1000),
    ])
    .filter(([, seconds]) => Number(seconds) >= LEAST_SECONDS)
    .sort(([, one], [, other]) => Number(other) - Number(one));
  writeFileSync(DURATIONS, `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`);
}
