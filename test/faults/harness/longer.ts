import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../helpers/cli.js';

export interface Longer {
  readonly ok: boolean;
  readonly messages: readonly string[];
}

/** A test of another tier, made longer by variables of its environment: whether it passed, and what it said if not. */
export async function longer(project: string, file: string, more: Record<string, string>): Promise<Longer> {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const flags = ['--testTimeout', '3600000', '--reporter', 'json'];
  const args = [vitest, 'run', '--project', project, ...flags, file];
  // Not the environment of a test that may be running this one.
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    ...{ cwd: ROOT, env: { PATH, HOME, ...more }, maxBuffer: 2 ** 26 },
  }).catch((failed: { stdout: string }) => failed);
  const report = JSON.parse(stdout.slice(stdout.indexOf('{')));
  const messages = report.testResults.flatMap(
    ({ assertionResults }: { assertionResults: { failureMessages: string[] }[] }) =>
      assertionResults.flatMap(({ failureMessages }) => failureMessages),
  );
  return { ok: report.success && report.numPassedTests > 0, messages };
}
