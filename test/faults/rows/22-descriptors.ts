import { setTimeout as sleep } from 'node:timers/promises';
import { backAfter, rounded } from '../harness/answers.js';
import { Crowd } from '../harness/crowd.js';
import { judged, onStage, restarts, row } from '../harness/row.js';

const DESCRIPTORS = 256;
const CLIENTS = 1_000;
const BACK_MS = 30_000;

/**
 * Silent connections take every descriptor, of the primary and of its processes. Meanwhile the broker goes and comes
 * back: what is answered then needs the spool, whose files cannot be opened any more.
 */
export default row({
  number: '22a',
  title: `${DESCRIPTORS} descriptors, ${CLIENTS} silent connections, and a broker that goes`,
  target: 'sheds, no crash loop, 0 acknowledged lost',
  quick: { crowdMs: 6_000, perSecond: 150 },
  full: { crowdMs: 60_000, perSecond: 500 },
  run: ({ crowdMs, perSecond }) =>
    onStage({ before: ['prlimit', `--nofile=${DESCRIPTORS}`] }, async (stage) => {
      const load = stage.load({ run: 'descriptors', senders: 16, batch: 2, perSecond });
      await sleep(2_000);
      const crowd = new Crowd(stage.base, CLIENTS);
      try {
        await sleep(crowdMs / 4);
        const [broker] = stage.cluster.nodes;
        await broker!.kill();
        await sleep(crowdMs / 2);
        await broker!.start();
        await sleep(crowdMs / 4);
      } finally {
        crowd.leave();
      }
      const left = performance.now();
      await sleep(5_000);
      await stage.serving();
      await sleep(2_000);
      const { ok, text, figures } = await judged(stage, load, 'descriptors');
      const back = backAfter(load.answers, left, Number.POSITIVE_INFINITY);
      const again = await restarts(stage);
      return {
        ok: ok && again === 0 && back < BACK_MS && crowd.connected > DESCRIPTORS,
        measured: `${crowd.connected} connections, ${crowd.ended} ended; ${again} restarts; ${text}; back ${rounded(back / 1_000, 1)} s after they left`,
        figures: {
          ...figures,
          connected: crowd.connected,
          ended: crowd.ended,
          restarts: again,
          backMs: back,
        },
      };
    }),
});
