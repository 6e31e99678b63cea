/**
 * `npm test`: runs every tier that this machine can run, names what was skipped and why, and ends with one
 * line `N passed, N failed, N skipped`. Arguments go to vitest: `npm test -- test/log`.
 * With STARGATE_TEST_REQUIRE=all whatever is missing is a failure (see test/helpers/needs.ts).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const given = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'stargate-test-'));
const report = join(scratch, 'report.json');

/** Resolves to the exit status. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', ...command), ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('close', (status) => resolve(status ?? 1));
  });
}

/** Types and lint belong to the test command: a tree that does not compile has not passed. */
async function staticChecks() {
  const checks = [
    ['types', ['typescript', 'bin', 'tsc'], ['--noEmit']],
    ['types of the tracker', ['typescript', 'bin', 'tsc'], ['--noEmit', '-p', 'src/tracker']],
    ['types of the pages', ['typescript', 'bin', 'tsc'], ['--noEmit', '-p', 'src/ui']],
    ['types of the tests', ['typescript', 'bin', 'tsc'], ['--noEmit', '-p', 'test']],
    ['lint', ['@biomejs', 'biome', 'bin', 'biome'], ['check', '.']],
  ];
  const failed = [];
  for (const [name, command, args] of checks) {
    if ((await run(command, args)) !== 0) failed.push(name);
  }
  return { failed, passed: checks.length - failed.length };
}

function summary(file) {
  const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  // A file that could not be loaded has no tests in it, and must not count as nothing.
  const broken = testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.length === 0,
  );
  const skipped = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'pending' || status === 'skipped')
    .map(({ fullName }) => fullName);
  return {
    passed: numPassedTests,
    failed: numFailedTests + broken.length,
    skipped: numPendingTests + numTodoTests,
    names: skipped,
  };
}

const checks = given.length > 0 ? { failed: [], passed: 0 } : await staticChecks();
const coverage = given.length > 0 ? [] : ['--coverage'];
const projects =
  given.length > 0
    ? []
    : ['unit', 'contract', 'guards', 'integration', 'kafka', 'measure', 'e2e', 'faults'].flatMap((p) => [
        '--project',
        p,
      ]);
const status = await run(
  ['vitest', 'vitest.mjs'],
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...projects,
    ...coverage,
    ...given,
  ],
);

let counted;
try {
  counted = summary(report);
} catch {
  counted = { passed: 0, failed: 1, skipped: 0, names: [] };
}
rmSync(scratch, { recursive: true, force: true });

for (const name of counted.names) process.stdout.write(`skipped: ${name}\n`);
for (const name of checks.failed) process.stdout.write(`failed: ${name}\n`);
const failed = counted.failed + checks.failed.length;
process.stdout.write(
  `${counted.passed + checks.passed} passed, ${failed} failed, ${counted.skipped} skipped\n`,
);
const forbidden = process.env.STARGATE_TEST_REQUIRE === 'all' && counted.skipped > 0;
if (forbidden) process.stderr.write('STARGATE_TEST_REQUIRE=all: a skipped test is a failure.\n');
process.exitCode = failed > 0 || status !== 0 || forbidden ? 1 : 0;
