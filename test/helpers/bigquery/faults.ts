/** What goes wrong in the write server, and how often: drawn from a seed, so that a run can be repeated. */

export interface Faults {
  /** Chances from 0 to 1. An append: the call dies before the rows are stored … */
  readonly unavailable: number;
  /** … or after, so that its answer is lost. */
  readonly lost: number;
  /** Rows are stored, and nothing is answered on the call any more. */
  readonly hang: number;
  /** Rows are stored, and this one answer is missing: the next one comes in its place. */
  readonly swallow: number;
  /** Refused for now, by an error inside the answer; nothing is stored. */
  readonly quota: number;
  /** Finalized, and the answer lost. */
  readonly finalizeLost: number;
  /** Not created. */
  readonly createFails: number;
  /** ms that an answer takes, from … to. */
  readonly delayMs: readonly [number, number];
  /** A call without requests ends after so many ms; 0 for never. */
  readonly idleMs: number;
  /** ms after its finalization during which a stream still takes appends (exactly-once.md, hole 6). */
  readonly finalizeLagMs: number;
  /** Events whose kafka_offset is divisible by it are refused; 0 for none. */
  readonly refuseEvery: number;
}

export const NO_FAULTS: Faults = {
  ...{ unavailable: 0, lost: 0, hang: 0, swallow: 0, quota: 0, finalizeLost: 0, createFails: 0 },
  ...{ delayMs: [0, 0], idleMs: 0, finalizeLagMs: 0, refuseEvery: 0 },
};

/** Numbers from 0 to 1 by a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
