import { rounded } from '../harness/answers.js';
import { canMount } from '../harness/machine.js';
import { MENU, type Part, schedule, strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';

const PARTS = Object.keys(MENU) as Part[];

/** Everything on the menu, in an order that only the seed knows. Each further seed is a system of its own. */
export default row({
  number: '7',
  title: 'seeded chaos, all parts',
  target: 'lost = duplicates = phantoms = 0',
  quick: { seeds: 1, minutes: 0.4, perSecond: 150 },
  full: { seeds: 10, minutes: 30, perSecond: 200 },
  async run({ seeds, minutes, perSecond }, { seed, say }) {
    const runs = [];
    for (let i = 0; i < seeds; i++) {
      runs.push(await one(seed + i, minutes * 60_000, perSecond));
      say(`seed ${seed + i}: ${runs.at(-1)!.measured}`);
    }
    return {
      ok: runs.every(({ ok }) => ok),
      measured: runs.map(({ measured }) => measured).join('; '),
      figures: { runs: runs.map(({ figures }) => figures) },
    };
  },
});

const one = (seed: number, ms: number, perSecond: number) =>
  onStage({ proxied: true, ...(canMount() && { spoolDisk: 64 }) }, async (stage) => {
    const parts = PARTS.filter((part) => part !== 'spool disk' || stage.options.spoolDisk !== undefined);
    const load = stage.load({ run: 'chaos', senders: 32, batch: 2, perSecond });
    const began = performance.now();
    const done: string[] = [];
    // More than there is time for.
    for (const next of schedule(seed, {
      strikes: Math.ceil(ms / 500),
      parts,
      after: [500, 6_000],
      lasts: [500, 8_000],
    })) {
      if (performance.now() - began + next.after > ms) break;
      await strike(stage, next);
      done.push(`${next.part} ${next.fault} ${next.lasts}`);
    }
    const { ok, text, figures } = await judged(stage, load, 'chaos');
    return {
      ok: ok && done.length > 0,
      measured: `${done.length} strikes in ${rounded(ms / 60_000, 1)} min: ${text}`,
      figures: { ...figures, seed, strikes: done },
    };
  });
