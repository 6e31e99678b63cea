/** A target that asks to be left alone is left alone. Pure. */
import type { Ledger } from './ledger.js';

/** This long nearly every answer must have asked to wait. */
const PATIENCE_MS = 10_000;
const SHARE = 0.9;

/** Judges at each look whether shedding has lasted: state is kept between looks. */
export function shedding(): (ledger: Pick<Ledger, 'atMs' | 'answered' | 'shed'>) => boolean {
  let since: number | null = null;
  let before = { answered: 0, shed: 0 };
  return ({ atMs, answered, shed }) => {
    const fresh = answered - before.answered;
    if (fresh === 0) return false;
    const isShed = (shed - before.shed) / fresh >= SHARE;
    before = { answered, shed };
    since = isShed ? (since ?? atMs) : null;
    return since !== null && atMs - since >= PATIENCE_MS;
  };
}
