/** The long version of what `test/integration` does with Kafka and BigQuery: more of everything, in processes of its own. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const LONG = [
  ['kafka', 'test/integration/kafka/bigquery.test.ts', { STARGATE_TEST_ROUNDS: '12' }],
  ['kafka', 'test/integration/kafka/bigquery-failover.test.ts', { STARGATE_TEST_ROUNDS: '3' }],
  ['integration', 'test/integration/bigquery/model.test.ts', { STARGATE_TEST_RUNS: '300' }],
] as const;

it.each(LONG)('%s: %s', { timeout: 3_600_000 }, (project, file, more) => {
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', '--project', project, file], {
    env: { ...process.env, ...more },
    encoding: 'utf8',
  });
  expect(stdout.split('\n').filter((line) => /✗|×|FAIL/.test(line))).toEqual([]);
  expect(status).toBe(0);
});
