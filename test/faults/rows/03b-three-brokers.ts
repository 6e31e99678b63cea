import { quantile, rounded, sentWithin } from '../harness/answers.js';
import { type Struck, strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const GAP_MS = 15_000;

/** Replication 3, of which 2 must have a record: the cluster goes on without any one of them. */
export default row({
  number: '3b',
  title: 'three brokers, SIGKILL of each in turn under load, no spool',
  target: '0 acknowledged lost, writes go on while each is away (no gap of 15 s)',
  quick: { rounds: 1, awayMs: 2_000, perSecond: 150 },
  full: { rounds: 2, awayMs: 15_000, perSecond: 500 },
  run: ({ rounds, awayMs, perSecond }) =>
    onStage({ nodes: 3, ack: 'log', partitions: 6 }, async (stage) => {
      const load = stage.load({ run: 'three', senders: 32, batch: 2, perSecond });
      const struck: Struck[] = [];
      for (let kill = 0; kill < rounds * 3; kill++) {
        // Two of three must be there, and the one that comes back must have caught up.
        await stage.inSync();
        const which = ((kill % 3) + 0.5) / 3;
        struck.push(
          await strike(stage, { part: 'broker', fault: 'kill', after: 2_000, lasts: awayMs, which }),
        );
      }
      await stage.inSync();
      const { ok, text, figures } = await judged(stage, load, 'three');
      const stored = load.answers.filter(({ status }) => status === 202);
      const gaps = stored.slice(1).map(({ at, took }, i) => at + took - (stored[i]!.at + stored[i]!.took));
      const longest = Math.max(...gaps);
      const meanwhile = struck.map(({ from, to }) => sentWithin(stored, from, to).length);
      return {
        ok: ok && longest < GAP_MS && meanwhile.every((count) => count > 0),
        measured: `${struck.length} kills: ${text}; longest time without a success ${rounded(longest / 1_000, 1)} s`,
        figures: {
          ...figures,
          kills: struck.length,
          successesWhileAway: meanwhile,
          longestGapMs: rounded(longest),
          tookMs: {
            p99: rounded(
              quantile(
                stored.map(({ took }) => took),
                0.99,
              ),
            ),
          },
        },
      };
    }),
});
