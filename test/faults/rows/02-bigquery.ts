import { longer } from '../harness/longer.js';
import { row } from '../harness/row.js';

const FILES = [
  ['kafka', 'test/integration/kafka/bigquery.test.ts', 'STARGATE_TEST_ROUNDS'],
  ['kafka', 'test/integration/kafka/bigquery-failover.test.ts', 'STARGATE_TEST_ROUNDS'],
  ['integration', 'test/integration/bigquery/model.test.ts', 'STARGATE_TEST_RUNS'],
] as const;

/** What `npm test` does with Kafka and BigQuery, more of everything: so the quick tier leaves it to those tests. */
export default row({
  number: '2',
  title: 'Kafka to BigQuery while workers, brokers and the service fail',
  target: '0 lost, 0 duplicate rows in the raw table',
  quick: null,
  // 100 kills of the only worker, 25 of them while it takes over; as many zombies as the second.
  full: [25, 3, 300],
  run: async (counts, { say }) => {
    const failures: string[] = [];
    for (const [index, [project, file, variable]] of FILES.entries()) {
      say(`${file}, ${counts[index]} times`);
      const { ok, messages } = await longer(project, file, { [variable]: String(counts[index]) });
      if (!ok) failures.push(`${file}: ${messages.join('\n') || 'no test passed'}`);
    }
    return {
      ok: failures.length === 0,
      measured: `${4 * counts[0]!} kills of the only worker, ${counts[0]} of them while it took over; brokers killed, ${counts[1]} rounds; ${counts[2]} runs of the model: ${failures.length} of ${FILES.length} tests failed`,
      figures: { counts, failures },
    };
  },
});
