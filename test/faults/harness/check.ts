/**
 * The checker: what the ledger says was promised, set beside what is in the log and in the warehouse. Whatever is
 * missing is located by the last place that still has it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../../helpers/ledger.js';
import type { Ledger } from '../../helpers/ledger-file.js';

/** A record in the log, or a row, by the coordinates of its record. */
export interface Place {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Found {
  readonly log: readonly Place[];
  /** Null where only the log is looked at. */
  readonly rows: readonly Place[] | null;
  /** Rows of the deduplicated view that share an event id; null where no view was asked. */
  readonly repeatedInView: number | null;
  /** Position behind the last record done, by partition. */
  readonly committed: ReadonlyMap<number, number>;
  readonly spool: string | null;
}

/** `log`: it never came that far. `spool`: it waits there. `consumer`: the worker has passed it. `worker`: not read yet. */
export type Where = 'log' | 'spool' | 'consumer' | 'worker';

export interface Check {
  readonly acknowledged: number;
  readonly stored: number;
  readonly lost: readonly { readonly id: string; readonly where: Where }[];
  readonly phantoms: readonly string[];
  /** One record of the log as several rows: the worker's fault, always. */
  readonly doubledRows: readonly string[];
  /** One event as several records of the log: allowed where a collector died, for the view removes them. */
  readonly doubledEvents: readonly string[];
  readonly repeatedInView: number | null;
  /** Events behind a later one of the same sender in the same partition. Reported, never judged: no order is promised. */
  readonly disordered: number;
}

export function check(ledger: Ledger, found: Found): Check {
  const end = found.rows ?? found.log;
  const { lost, duplicates, phantoms } = judge(ledger, counted(end.map(({ id }) => id)));
  const rows = counted((found.rows ?? []).map(({ partition, offset }) => `${partition}:${offset}`));
  return {
    acknowledged: ledger.acknowledged.size,
    stored: end.length,
    lost: lost.length === 0 ? [] : located(lost, found),
    phantoms,
    doubledRows: [...rows].filter(([, times]) => times > 1).map(([place]) => place),
    doubledEvents: duplicates,
    repeatedInView: found.repeatedInView,
    disordered: disordered(end),
  };
}

/** Nothing lost, nothing invented, and nothing twice for who asks the view. */
export const isClean = ({ lost, phantoms, doubledRows, repeatedInView }: Check): boolean =>
  lost.length + phantoms.length + doubledRows.length + (repeatedInView ?? 0) === 0;

/** For a report: counts, and a few names. */
export const summary = (result: Check) => ({
  acknowledged: result.acknowledged,
  stored: result.stored,
  lost: result.lost.length,
  phantoms: result.phantoms.length,
  doubledRows: result.doubledRows.length,
  doubledEvents: result.doubledEvents.length,
  repeatedInView: result.repeatedInView,
  disordered: result.disordered,
  ...(result.lost.length > 0 && { firstLost: result.lost.slice(0, 5) }),
  ...(result.phantoms.length > 0 && { firstPhantoms: result.phantoms.slice(0, 5) }),
});

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function located(ids: readonly string[], { log, committed, spool }: Found): Check['lost'] {
  const places = new Map(log.map((place) => [place.id, place]));
  const waiting = spool === null ? '' : textOf(spool);
  return ids.map((id) => {
    const place = places.get(id);
    if (place)
      return { id, where: place.offset < (committed.get(place.partition) ?? 0) ? 'consumer' : 'worker' };
    return { id, where: waiting.includes(`"${id}"`) ? 'spool' : 'log' };
  });
}

/** The bytes of all files of a folder. */
const textOf = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

/** Ids are RUN-SENDER-SEQUENCE-INDEX, and a sender waits for each answer. */
function disordered(places: readonly Place[]): number {
  const last = new Map<string, number>();
  let count = 0;
  for (const { id, partition } of places.toSorted((a, b) => a.offset - b.offset)) {
    const [sequence, sender] = id.split('-').reverse().slice(1) as [string, string];
    const key = `${partition}/${sender}`;
    if (Number(sequence) < (last.get(key) ?? 0)) count += 1;
    else last.set(key, Number(sequence));
  }
  return count;
}
