// Runs the test suite and ends with one line that counts it: `N passed, N failed, N skipped`.
// Arguments are handed to vitest (`npm test -- test/hook`). EB_HOSTS_TEST_ALL=1 turns a skipped test into a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-report-'));
const report = join(scratch, 'report.json');
const vitest = join('node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [
    vitest,
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
process.exitCode = summarize(status ?? 1);
rmSync(scratch, { recursive: true, force: true });

function summarize(vitestStatus) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.log('0 passed, 1 failed, 0 skipped');
    return 1;
  }
  const skipped = results.numPendingTests + results.numTodoTests;
  // A file that fails to load counts no test of its own.
  const brokenFiles = results.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const unexplained = vitestStatus !== 0 && results.numFailedTests + brokenFiles === 0 ? 1 : 0;
  const failed = results.numFailedTests + brokenFiles + unexplained;
  for (const file of results.testResults) {
    for (const test of file.assertionResults) {
      if (test.status === 'pending' || test.status === 'skipped') console.log(`skipped: ${test.fullName}`);
    }
  }
  const refused = process.env.EB_HOSTS_TEST_ALL === '1' && skipped > 0;
  if (refused) console.log('EB_HOSTS_TEST_ALL=1: a skipped test is a failure');
  console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || refused ? 1 : 0;
}
