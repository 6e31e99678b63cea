/** One load test of the built library, and the CPU that it took: `node _load-client.mjs '{"url":…}'`. */
const { loadtest } = await import('../../dist/index.js');
const { curve, url, durationMs, connections = 64 } = JSON.parse(process.argv[2]);
let before = null;
const report = await loadtest(
  {
    ...{ url, curve, durationMs, connections, workers: 1 },
    payload: { kind: 'events', from: 'ga4', batch: 1, sessions: 10_000, key: 'dev' },
    payloadText: 'mix ga4',
  },
  // The rehearsal, and the first moments, are not counted.
  {
    onProgress: ({ ledger }) => {
      if (before === null && ledger.atMs > 500)
        before = { cpu: process.cpuUsage(), answered: ledger.answered };
    },
  },
);
const { user, system } = process.cpuUsage(before.cpu);
process.stdout.write(
  JSON.stringify({ report, cpuMicros: user + system, answered: report.totals.answered - before.answered }),
);
