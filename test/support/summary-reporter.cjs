// @ts-check
'use strict';
const { writeFileSync } = require('node:fs');

/**
 * Writes how many tests passed and failed to the file that TEST_SUMMARY_FILE names. A test that was skipped has not
 * passed, and a file that could not run counts as one failed test.
 */
module.exports = class SummaryReporter {
  /**
   * @param {unknown} _contexts
   * @param {Record<'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites' | 'numPendingTests' | 'numTodoTests', number>} results
   */
  onRunComplete(_contexts, results) {
    const file = process.env.TEST_SUMMARY_FILE;
    if (!file) return;
    const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = results;
    const skipped = results.numPendingTests + results.numTodoTests;
    writeFileSync(
      file,
      JSON.stringify({ passed, failed: numFailedTests + numRuntimeErrorTestSuites, skipped }),
    );
  }
};
