import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, rounded, sentWithin } from '../harness/answers.js';
import { judged, onStage, row } from '../harness/row.js';

/** By then whatever was under way when the broker went has been answered. */
const FIRST_MS = 10_000;

export default row({
  number: '5',
  title: 'broker away, no spool',
  target: 'all posts 503 + Retry-After, after the first 10 s with p99 < 1 s, the processes stay',
  quick: { awayMs: 13_000, perSecond: 200, p99Ms: 3_000 },
  full: { awayMs: 120_000, perSecond: 500, p99Ms: 1_000 },
  run: ({ awayMs, perSecond, p99Ms }) =>
    onStage({ ack: 'log' }, async (stage) => {
      const load = stage.load({ run: 'none', senders: 64, batch: 2, perSecond });
      await sleep(3_000);
      const before = stage.collectors();
      await stage.cluster.node(1).kill();
      const from = performance.now();
      await sleep(awayMs);
      const to = performance.now();
      await stage.cluster.node(1).start();
      const same = String(stage.collectors()) === String(before);
      await sleep(3_000);
      const { ok, text, figures } = await judged(stage, load, 'none');
      const affected = sentWithin(load.answers, from, to);
      const asked = affected.filter(({ status, retryAfter }) => status === 503 && retryAfter).length;
      const slowest = Math.max(...affected.map(({ took }) => took));
      const later = sentWithin(affected, from + FIRST_MS, to).map(({ took }) => took);
      const p99 = quantile(later, 0.99);
      return {
        ok: ok && same && asked === affected.length && later.length > 0 && p99 < p99Ms,
        measured: `${asked} of ${affected.length} posts 503 + Retry-After, p99 ${rounded(p99, 1)} ms after 10 s; ${text}${same ? '' : '; a process died'}`,
        figures: {
          ...figures,
          ...{ awayMs, posts: affected.length, refusedWell: asked, sameProcesses: same },
          tookMs: { p99: rounded(p99, 1), most: rounded(slowest) },
        },
      };
    }),
});
