import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../helpers/running.js';
import { schedule, unleash } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

/** The spool in its place: the broker is away, everything is promised by the spool, and processes die while it is written. */
export default row({
  number: '9b',
  title: 'SIGKILL of collectors that append to the spool, the broker away',
  target: 'every acknowledged event back when the broker is',
  quick: { kills: 3, perSecond: 200 },
  full: { kills: 30, perSecond: 1_000 },
  run: ({ kills, perSecond }, { seed }) =>
    onStage({}, async (stage) => {
      const load = stage.load({ run: 'spool', senders: 32, batch: 2, perSecond });
      await sleep(1_000);
      const [broker] = stage.cluster.nodes;
      await broker!.kill();
      const strikes = schedule(seed, {
        ...{ strikes: kills, parts: ['collector worker'], faults: ['kill'], after: [500, 2_500] },
      });
      for (const strike of strikes) {
        await stage.serving();
        await unleash(stage, [strike]);
      }
      await stage.serving();
      const promised = load.ledger.acknowledged.size;
      // A spool that held nothing would prove nothing. A process that is busy starting misses a scrape.
      const waiting = await eventually(
        () => stage.metric('stargate_spool_records'),
        () => 'records in the spool',
      );
      await broker!.start();
      await sleep(2_000);
      const { ok, text, figures } = await judged(stage, load, 'spool');
      return {
        ok,
        measured: `${kills} kills, ${waiting} records in the spool when the broker came back: ${text}`,
        figures: { ...figures, kills, promised, waiting },
      };
    }),
});
