import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../helpers/cli.js';
import { row } from '../harness/row.js';

const TEST = 'test/log/embedded/model.test.ts';

/** Deaths at any byte of any write, and power cuts, on a disk that a model watches. */
export default row({
  number: '9c',
  title: 'A model of the spool that dies at any byte',
  target: 'every acknowledged record back, 0 counterexamples',
  quick: { runs: 30 },
  full: { runs: 1_000 },
  run: async ({ runs }) => {
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = [vitest, 'run', '--project', 'unit', '--testTimeout', '3600000', '--reporter', 'json', TEST];
    // Not the environment of a test that may be running this one.
    const env = { PATH: process.env.PATH, STARGATE_TEST_RUNS: String(runs) };
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env }).catch(
      (failed: { stdout: string }) => failed,
    );
    const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
    const messages = report.testResults.flatMap(
      ({ assertionResults }: { assertionResults: { failureMessages: string[] }[] }) =>
        assertionResults.flatMap(({ failureMessages }) => failureMessages),
    );
    return {
      ok: report.success && report.numPassedTests === 1,
      measured: `${runs} runs of up to four lives: ${messages.length} counterexamples`,
      figures: { runs, messages },
    };
  },
});
