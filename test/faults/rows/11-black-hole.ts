import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, rounded, sentWithin } from '../harness/answers.js';
import { strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const ANSWER_MS = 10_000;
/** What the event loop's delay is set beside. */
const WARM_MS = 4_000;

interface Bounds {
  /** Beyond the deadline: a timer that is looked at every 50 ms keeps it, and the client's machine is as busy as ours. */
  readonly slackMs: number;
  readonly loopMs: number;
}

/** Bytes vanish, connections stay, nobody says so. Each promise is tried: that of the spool, and that of the log alone. */
export default row({
  number: '11',
  title: 'black hole before the broker, without a reset',
  target: 'answers in ≤ 10 s, 0 lost, event loop p99 < 50 ms',
  // Both at once, each with brokers of its own: most of it is waiting.
  quick: { spoolMs: 4_000, logMs: 12_000, perSecond: 150, slackMs: 5_000, loopMs: 500, together: true },
  full: { spoolMs: 60_000, logMs: 60_000, perSecond: 500, slackMs: 500, loopMs: 50, together: false },
  async run({ spoolMs, logMs, perSecond, together, ...bounds }) {
    const withSpool = one('spool', spoolMs, perSecond, bounds);
    if (!together) await withSpool;
    const [spool, log] = await Promise.all([withSpool, one('log', logMs, perSecond, bounds)]);
    return {
      ok: spool.ok && log.ok,
      measured: `spool: ${spool.measured}; log alone: ${log.measured}`,
      figures: { spool: spool.figures, log: log.figures },
    };
  },
});

const one = (ack: 'spool' | 'log', holeMs: number, perSecond: number, { slackMs, loopMs }: Bounds) =>
  onStage({ proxied: true, ack }, async (stage) => {
    const load = stage.load({ run: ack, senders: 128, batch: 2, perSecond });
    const { from, to } = await strike(stage, {
      part: 'network',
      fault: 'hole',
      after: 2_000 + WARM_MS,
      lasts: holeMs,
      which: 0,
    });
    await sleep(4_000);
    const { ok, text, figures } = await judged(stage, load, ack);
    const slowest = Math.max(...load.answers.map(({ took }) => took));
    const delay = quantile(stage.loopDelays(from, to), 0.99);
    const before = quantile(stage.loopDelays(from - WARM_MS, from), 0.99);
    const affected = sentWithin(load.answers, from, to);
    const share = affected.filter(({ status }) => status === 202).length / affected.length;
    return {
      ok: ok && slowest <= ANSWER_MS + slackMs && delay < loopMs,
      measured: `${text}, answers ≤ ${rounded(slowest / 1_000, 2)} s, event loop p99 ${rounded(delay, 1)} ms (${rounded(before, 1)} before), ${rounded(share * 100, 1)} % 2xx`,
      figures: {
        ...figures,
        holeMs,
        slowestMs: rounded(slowest),
        loopP99Ms: rounded(delay, 1),
        loopP99BeforeMs: rounded(before, 1),
        share,
      },
    };
  });
