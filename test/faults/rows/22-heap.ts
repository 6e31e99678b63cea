import { setTimeout as sleep } from 'node:timers/promises';
import { Memory } from '../harness/machine.js';
import { judged, onStage, restarts, row } from '../harness/row.js';

const HEAP_MIB = 128;

/** Large bodies as fast as they are answered, and for a part of the time a broker that does not move. */
export default row({
  number: '22b',
  title: `A heap of ${HEAP_MIB} MiB under more than it can take`,
  target: 'sheds, no crash loop, 0 acknowledged lost',
  quick: { ms: 8_000, senders: 48 },
  full: { ms: 60_000, senders: 200 },
  run: ({ ms, senders }) =>
    onStage({ node: [`--max-old-space-size=${HEAP_MIB}`] }, async (stage) => {
      // About 240 KB a request: two to each record of the usual size would never fill anything.
      const load = stage.load({ run: 'heap', senders, batch: 40, padding: 6_000 });
      const memory = new Memory(stage.collector.pid);
      const [broker] = stage.cluster.nodes;
      await sleep(ms / 2);
      broker!.stop();
      await sleep(ms / 4);
      broker!.cont();
      await sleep(ms / 4);
      memory.growth();
      const { most } = memory.inMiB();
      load.target(null);
      await stage.serving();
      const { ok, text, figures } = await judged(stage, load, 'heap');
      const again = await restarts(stage);
      const statuses = [...load.ledger.answers].map(([status, count]) => `${count}× ${status}`).join(', ');
      return {
        ok: ok && again === 0,
        measured: `${statuses}; ${again} restarts; memory of all processes ${most} MiB; ${text}`,
        figures: { ...figures, restarts: again, mostMiB: most },
      };
    }),
});
