import { rounded } from '../harness/answers.js';
import { canMount } from '../harness/machine.js';
import { MENU, type Part, schedule, strike } from '../harness/nemesis.js';
import { judged, onStage, row } from '../harness/row.js';
import type { SinkName } from '../harness/sink.js';
import type { StageOptions } from '../harness/stage.js';

const PARTS = Object.keys(MENU) as Part[];

interface Parameters {
  readonly seeds: number;
  readonly minutes: number;
  readonly perSecond: number;
  /** ms of peace before a strike, and that it lasts, at most. */
  readonly after: number;
  readonly lasts: number;
}

const USUAL = { after: 6_000, lasts: 8_000 };

/** Everything on the menu, in an order that only the seed knows. Each further seed is a system of its own. */
const chaos = (sink: SinkName, name: { number: string; title: string }, quick: Parameters) =>
  row<Parameters>({
    ...name,
    target: 'lost = duplicates = phantoms = 0',
    quick,
    full: { seeds: 10, minutes: 30, perSecond: 200, ...USUAL },
    async run({ seeds, ...parameters }, { seed, say }) {
      const runs = [];
      for (let i = 0; i < seeds; i++) {
        runs.push(await one(sink, seed + i, parameters));
        say(`seed ${seed + i}: ${runs.at(-1)!.measured}`);
      }
      return {
        ok: runs.every(({ ok }) => ok),
        measured: runs.map(({ measured }) => measured).join('; '),
        figures: { runs: runs.map(({ figures }) => figures) },
      };
    },
  });

export default chaos(
  'duckdb',
  { number: '7', title: 'seeded chaos, all parts' },
  { seeds: 1, minutes: 0.4, perSecond: 150, ...USUAL },
);

/** The write server is one of the parts. */
export const bigquery = chaos(
  'bigquery',
  { number: '7b', title: 'seeded chaos, all parts, into BigQuery' },
  { seeds: 1, minutes: 0.25, perSecond: 150, after: 1_500, lasts: 2_500 },
);

const isThere = (part: Part, { sink, spoolDisk }: StageOptions): boolean =>
  part === 'spool disk' ? spoolDisk !== undefined : part !== 'write server' || sink === 'bigquery';

const one = (sink: SinkName, seed: number, { minutes, perSecond, after, lasts }: Omit<Parameters, 'seeds'>) =>
  onStage({ sink, proxied: true, ...(canMount() && { spoolDisk: 64 }) }, async (stage) => {
    const parts = PARTS.filter((part) => isThere(part, stage.options));
    const load = stage.load({ run: 'chaos', senders: 32, batch: 2, perSecond });
    const ms = minutes * 60_000;
    const began = performance.now();
    const done: string[] = [];
    // More than there is time for.
    for (const next of schedule(seed, {
      strikes: Math.ceil(ms / 500),
      parts,
      after: [500, after],
      lasts: [500, lasts],
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
