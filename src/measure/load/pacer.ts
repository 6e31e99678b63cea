/** When requests are planned: a pacer gives one moment after another and knows nothing of sending. Pure. */
import { random } from '../shoppers.js';
import type { Curve } from './curve.js';

export interface Pacer {
  /** The next planned start, ms from the start of the run, never before the one before; null when the plan is over. */
  next(): number | null;
}

/** Evenly spaced along the curve. */
export function evenly(curve: Curve): Pacer {
  let n = 0;
  return { next: () => curve.due(n++) };
}

/**
 * Random arrivals of that rate: a Poisson process of rate 1, stretched by the curve (time change). The same seed
 * gives the same arrivals.
 */
export function poisson(curve: Curve, seed: number): Pacer {
  const uniform = random(seed);
  let n = 0;
  return {
    next() {
      n -= Math.log(1 - uniform());
      return curve.due(n);
    },
  };
}

/** Every `of`-th start of a pacer, from the `index`-th on: the part of one process. */
export function shareOf(pacer: Pacer, index: number, of: number): Pacer {
  let skip = index;
  return {
    next() {
      for (; skip > 0; skip--) if (pacer.next() === null) return null;
      skip = of - 1;
      return pacer.next();
    },
  };
}
