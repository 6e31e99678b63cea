import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../helpers/running.js';
import { cannotWatch, told } from '../harness/alerts.js';
import { backAfter, rounded } from '../harness/answers.js';
import { type Struck, schedule, strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const BACK_MS = 15_000;
const PEACE_MS = [2_000, 5_000] as const;

/** Without a spool: a success can only mean that the broker has it. */
export default row({
  number: '3',
  title: 'SIGKILL the broker under load, no spool',
  target:
    '0 acknowledged lost, no 2xx for unstored events, back < 15 s after the broker, an alert within 2 min',
  quick: { kills: 2, perSecond: 300, watched: true },
  full: { kills: 10, perSecond: 500, watched: true },
  missing: cannotWatch,
  run: ({ kills, perSecond, watched }, { seed }) =>
    onStage({ ack: 'log', watched }, async (stage) => {
      const load = stage.load({ run: 'broker', senders: 32, batch: 2, perSecond });
      const strikes = schedule(seed, {
        ...{ strikes: kills, parts: ['broker'], faults: ['kill'], after: PEACE_MS, lasts: [500, 6_000] },
      });
      const struck: Struck[] = [];
      for (const one of strikes) {
        struck.push(await strike(stage, one));
        await eventually(
          () => load.answers.at(-1)!.status === 202,
          () => `an answer 202; serve said:\n${stage.collector.stderr().slice(-3_000)}`,
        );
      }
      await sleep(PEACE_MS[0]);
      const alert = await told(stage, 'StargateBrokerAway', struck[0]!.from);
      const { ok, text, figures } = await judged(stage, load, 'broker');
      const ends = [...struck.slice(1).map(({ from }) => from), Number.POSITIVE_INFINITY];
      const back = struck.map(({ to }, index) => backAfter(load.answers, to, ends[index]!));
      const slowest = Math.max(...back);
      return {
        ok: ok && slowest < BACK_MS && alert.ok,
        measured: `${kills} kills: ${text}; back ${rounded(slowest / 1_000, 1)} s after the broker at most; ${alert.text}`,
        figures: { ...figures, alerts: alert.figures, kills, backMs: back.map((ms) => rounded(ms)) },
      };
    }),
});
