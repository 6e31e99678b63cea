import { setTimeout as sleep } from 'node:timers/promises';
import { rounded, sentWithin } from '../harness/answers.js';
import { Memory } from '../harness/machine.js';
import { strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const GROWTH_BYTES = 100 * 2 ** 20;
const SUCCESSES = 0.999;

export default row({
  number: '4',
  title: 'broker away, spool on',
  target: '≥ 99.9 % of posts 2xx, all carried over, 0 lost, memory + < 100 MiB',
  quick: { warmMs: 3_000, awayMs: 5_000, perSecond: 200 },
  full: { warmMs: 20_000, awayMs: 120_000, perSecond: 500 },
  run: ({ warmMs, awayMs, perSecond }) =>
    onStage({}, async (stage) => {
      const load = stage.load({ run: 'away', senders: 64, batch: 2, perSecond });
      await sleep(warmMs);
      const memory = new Memory(stage.collector.pid);
      const { from, to } = await strike(stage, {
        part: 'broker',
        fault: 'kill',
        after: 0,
        lasts: awayMs,
        which: 0,
      });
      const spooled = await stage.metric('stargate_events_spooled_total');
      const { ok, text, figures } = await judged(stage, load, 'away');
      const growth = memory.growth();
      const affected = sentWithin(load.answers, from, to);
      const share = affected.filter(({ status }) => status === 202).length / affected.length;
      return {
        ok: ok && share >= SUCCESSES && growth < GROWTH_BYTES && spooled > 0,
        measured: `${rounded(share * 100, 3)} % of ${affected.length} posts 2xx, ${spooled} events by the spool; ${text}; memory + ${rounded(growth / 2 ** 20)} MiB`,
        figures: {
          ...figures,
          ...{ awayMs: rounded(to - from), posts: affected.length, share, spooled },
          memoryMiB: memory.inMiB(),
        },
      };
    }),
});
