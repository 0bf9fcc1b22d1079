import { writeSync } from 'node:fs';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * Ends a test run with the line `N passed, N failed`, alone; a line before it counts what was skipped, if anything was.
 *
 * A module that could not be loaded counts as one failure, and so does a run that was interrupted
 * or that found no test at all: a run that proved nothing must not read as a success.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    let passed = 0;
    let failed = 0;
    let skipped = 0;
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const state = test.result().state;
        if (state === 'passed') passed++;
        else if (state === 'failed') failedHere++;
        else skipped++;
      }
      if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
      failed += failedHere;
    }
    if (failed === 0 && (unhandled.length > 0 || reason === 'interrupted')) {
      failed = Math.max(1, unhandled.length);
    }
    if (passed + failed === 0) failed = 1;
    const before = skipped > 0 ? `${skipped} skipped: each said above what it needs\n` : '';
    process.once('exit', () => {
      writeSync(1, `${before}${passed} passed, ${failed} failed\n`);
    });
  }
}
