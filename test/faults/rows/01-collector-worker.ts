import { rate, rounded } from '../harness/answers.js';
import { schedule, strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

/** Each kill falls on another place of a process that is receiving, appending and answering. */
export default row({
  number: '1',
  title: 'SIGKILL a collector worker, again and again',
  target: '0 acknowledged lost',
  quick: { kills: 6, perSecond: 500 },
  full: { kills: 20, perSecond: 2_000 },
  run: ({ kills, perSecond }, { seed }) =>
    onStage({}, async (stage) => {
      const strikes = schedule(seed, {
        ...{ strikes: kills, parts: ['collector worker'], faults: ['kill'], after: [300, 2_500] },
      });
      const load = stage.load({ run: 'collector', senders: 160, batch: 1, perSecond });
      for (const one of strikes) {
        // One that died young is started again later each time: no strike is to fall on nobody.
        await stage.serving();
        await strike(stage, one);
      }
      const { ok, text, figures } = await judged(stage, load, 'collector');
      const reached = rounded(rate(load.answers));
      return {
        ok,
        measured: `${kills} kills at ${reached} req/s: ${text}`,
        figures: { ...figures, kills, requestsPerSecond: reached },
      };
    }),
});
