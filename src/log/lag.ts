/** How far a group is behind, judged alike for every log. */
import { count, failed, type Observation, ok, span, warning } from '../doctor/port.js';
import type { PartitionLag } from './port.js';

/** Seconds after which nobody would call it fresh. */
const STALE = 60;

export interface LagTerms {
  readonly group: string;
  /** Seconds after which the log deletes what nobody has read; null where it waits for the group. */
  readonly retention: number | null;
  /** The command that catches up. */
  readonly worker: string;
}

export function judgeLag(lags: readonly PartitionLag[], { group, retention, worker }: LagTerms): Observation {
  const records = lags.reduce((sum, lag) => sum + lag.records, 0);
  if (records === 0) return ok(`nothing waits for group ${group}`);
  const seconds = Math.max(0, ...lags.map((lag) => lag.seconds ?? 0));
  const told = `${count(records, 'record')} of up to ${span(seconds)} wait for group ${group}`;
  if (retention !== null && seconds > retention / 2)
    return failed(`${told}; the topic deletes them after ${span(retention)}`, worker);
  if (lags.every(({ committed }) => committed === null))
    return warning(`${told}, which has never committed a position`, worker);
  return seconds > STALE ? warning(`${told}, expected at most ${STALE} s`, worker) : ok(told);
}
