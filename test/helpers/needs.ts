import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { findLocalBigquery } from './bigquery-sql.js';
import { findKafka } from './kafka/home.js';
import { findPrometheus } from './prometheus.js';

/** What a tier may need of the machine, and how to find out. A probe returns where it is, or null. */
const PROBES = {
  chromium: () => process.env.STARGATE_TEST_CHROMIUM ?? which('chromium') ?? which('chromium-browser'),
  /** Java, and the jars that `test/tools/setup` fetches. */
  kafka: findKafka,
  /** Python 3.13, and the SQL engine that `test/tools/setup` fetches. */
  bigquery: findLocalBigquery,
  /** Prometheus and promtool, on PATH or as `test/tools/setup` fetches them. */
  prometheus: findPrometheus,
  /** Google's own command line for it. */
  bq: () => (findLocalBigquery() === null ? null : which('bq')),
} as const satisfies Record<string, () => string | null>;

export type Need = keyof typeof PROBES;

function which(command: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/**
 * `describe` that runs only where the machine has what it needs. Elsewhere it is skipped with the reason in its
 * name; with STARGATE_TEST_REQUIRE=all it fails instead.
 */
export function describeWith(need: Need, name: string, body: (found: string) => void): void {
  const found = PROBES[need]();
  if (found !== null) {
    describe(name, () => body(found));
  } else if (process.env.STARGATE_TEST_REQUIRE === 'all') {
    describe(name, () => {
      it(`needs ${need}`, () =>
        expect.fail(`${need} is required (STARGATE_TEST_REQUIRE=all) and was not found`));
    });
  } else {
    describe.skip(`${name} [skipped: needs ${need}]`, () => body(''));
  }
}
