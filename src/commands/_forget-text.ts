import type { Forgotten } from '../runtime/forget.js';

/** Records that were left because a worker still has to store them. */
export const waitingOf = ({ log, spool }: Forgotten): number => (log?.waiting ?? 0) + spool.waiting;

export function forgottenText(found: Forgotten, done: string, remains: readonly string[]): string {
  const { warehouse, log, spool } = found;
  const count = (n: number, what: string): string => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
  const waiting = waitingOf(found);
  return [
    `${done}: ${count(warehouse.events, 'event')}, ${count(warehouse.rejected, 'rejected event')}, ${count((log?.erased ?? 0) + spool.erased, 'record')} of log and spool.`,
    ...(waiting > 0 ? [`${count(waiting, 'record')} of log and spool not stored yet.`] : []),
    ...remains,
  ].join('\n');
}
