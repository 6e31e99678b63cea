import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotWatch, told } from '../harness/alerts.js';
import { backAfter, rounded, sentWithin } from '../harness/answers.js';
import { canMount } from '../harness/machine.js';
import { fill } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const DISK_MIB = 48;
const BACK_MS = 5_000;
/** What fits into the last pages is still taken, and rightly answered with a success. */
const LAST_PAGES_MS = 2_000;

export default row({
  number: '8',
  title: 'the disk of the spool is full while the broker is away, then freed',
  target: '0 acknowledged lost, 503 while full, resumes < 5 s, an alert within 2 min',
  quick: { times: 1, fullMs: 5_000, perSecond: 200, watched: false },
  full: { times: 3, fullMs: 20_000, perSecond: 500, watched: true },
  missing: (parameters) => (canMount() ? cannotWatch(parameters) : 'needs the right to mount a tmpfs'),
  run: ({ times, fullMs, perSecond, watched }) =>
    onStage({ spoolDisk: DISK_MIB, watched }, async (stage) => {
      const load = stage.load({ run: 'full', senders: 32, batch: 2, perSecond });
      await sleep(2_000);
      const away = performance.now();
      await stage.cluster.node(1).kill();
      const windows = [];
      for (let time = 0; time < times; time++) {
        await sleep(2_000);
        const ballast = fill(stage.spool);
        const from = performance.now() + LAST_PAGES_MS;
        await sleep(fullMs);
        const to = performance.now();
        rmSync(ballast);
        await sleep(BACK_MS);
        windows.push({ from, to, until: performance.now() });
      }
      const struck = windows[0]!.from - LAST_PAGES_MS;
      const alert = await told(stage, 'StargateEventsRefused', struck, away);
      await stage.cluster.node(1).start();
      const { ok, text, figures } = await judged(stage, load, 'full');
      const full = windows.flatMap(({ from, to }) => sentWithin(load.answers, from, to));
      const refused = full.filter(({ status, retryAfter }) => status === 503 && retryAfter).length;
      const back = windows.map(({ to, until }) => backAfter(load.answers, to, until));
      const slowest = Math.max(...back);
      return {
        ok: ok && full.length > 0 && refused === full.length && slowest < BACK_MS && alert.ok,
        measured: `${refused} of ${full.length} posts 503 while full; ${text}; resumed after ${rounded(slowest)} ms at most; ${alert.text}`,
        figures: {
          ...figures,
          alerts: alert.figures,
          times,
          posts: full.length,
          refused,
          backMs: back.map((ms) => rounded(ms)),
        },
      };
    }),
});
