import { longer } from '../harness/longer.js';
import { row } from '../harness/row.js';

const TEST = 'test/log/embedded/model.test.ts';

/** Deaths at any byte of any write, and power cuts, on a disk that a model watches. */
export default row({
  number: '9c',
  title: 'A model of the spool that dies at any byte',
  target: 'every acknowledged record back, 0 counterexamples',
  quick: { runs: 30 },
  full: { runs: 1_000 },
  run: async ({ runs }) => {
    const { ok, messages } = await longer('unit', TEST, { STARGATE_TEST_RUNS: String(runs) });
    return {
      ok,
      measured: `${runs} runs of up to four lives: ${messages.length} counterexamples`,
      figures: { runs, messages },
    };
  },
});
