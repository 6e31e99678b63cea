/** The scoreboard's rows, scaled down to what a build can afford. `npm run faults` runs them in full. */
import { afterEach, expect, it } from 'vitest';
import { describeWith } from '../helpers/needs.js';
import { endAll } from '../helpers/running.js';
import { isForBuilds } from './harness/row.js';
import { ROWS } from './rows/index.js';

const SEED = 20_261_125;

describeWith('kafka', 'the scoreboard, quick', () => {
  afterEach(endAll);
  for (const row of ROWS) {
    if (!isForBuilds(row)) continue;
    const missing = row.missing?.(row.quick) ?? null;
    const name = `${row.number} ${row.title}: ${row.target}`;
    it.skipIf(missing !== null)(missing === null ? name : `${name} [skipped: ${missing}]`, async () => {
      const { ok, measured, figures } = await row.run(row.quick, { seed: SEED, say: () => {} });
      expect(ok, `${measured}\n${JSON.stringify(figures, null, 2)}`).toBe(true);
    });
  }
});
