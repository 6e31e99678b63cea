/**
 * Where the time goes, from the row's own timestamps. Those come from up to three clocks; how far they may differ is
 * bounded as NTP does it (Mills, RFC 5905 §8): an event that the other side stamped between our send and its answer
 * shows its clock minus ours to lie between stamp − answer and stamp − send. All probes together narrow it down.
 */
import type { Probe } from './ledger.js';
import { rankOf } from './order.js';
import type { Hop, HopName } from './report.js';

/** Another clock minus ours, ms. */
export interface Offset {
  readonly least: number;
  readonly most: number;
}

/** Timestamps are cut to whole ms. */
const GRAIN_MS = 1;

/** Bounds of a clock's offset; null where no answered probe has its stamp. */
export function offsetOf(probes: readonly Probe[], stampOf: (probe: Probe) => number | null): Offset | null {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const probe of probes) {
    const stamp = stampOf(probe);
    if (stamp === null || probe.answeredAt === null) continue;
    most = Math.min(most, stamp + GRAIN_MS - probe.sentWall);
    least = Math.max(least, stamp - GRAIN_MS - (probe.sentWall + probe.answeredAt - probe.sentAt));
  }
  // A clock that was set during the run leaves no offset that fits all probes: then the ends change places.
  return Number.isFinite(least) ? { least: Math.min(least, most), most: Math.max(least, most) } : null;
}

const received = ({ receivedAt }: Probe) => receivedAt;
const logged = ({ loggedAt }: Probe) => loggedAt;
/** The middle of the bounds between which the row became visible, by our clock. */
const visible = ({ sentWall, sentAt, missedAt, foundAt }: Probe): number =>
  sentWall + (missedAt + foundAt!) / 2 - sentAt;

const furthest = ({ least, most }: Offset): number => Math.max(Math.abs(least), Math.abs(most));

type Value = (probe: Probe) => number | null;

/** Hops of the probes that were seen; `oneMachine`: all clocks are one. */
export function hopsOf(probes: readonly Probe[], oneMachine: boolean): Hop[] {
  const seen = probes.filter(({ foundAt, receivedAt }) => foundAt !== null && receivedAt !== null);
  const [collector, log] = [offsetOf(seen, received), offsetOf(seen, logged)];
  const between = collector && log && Math.max(log.most - collector.least, collector.most - log.least);
  const hop = (name: HopName, title: string, offset: number | null, of: Value): Hop[] => {
    const clockOffsetMs = oneMachine ? 0 : offset;
    const values = seen.map(of).filter((value) => value !== null);
    return clockOffsetMs === null || values.length === 0
      ? []
      : [{ hop: name, title, clockOffsetMs, ...figuresOf(values) }];
  };
  const row = log
    ? hop('log-row', 'log → row', furthest(log), (probe) => difference(visible(probe), logged(probe)))
    : hop('collector-row', 'collector → row', collector && furthest(collector), (probe) =>
        difference(visible(probe), received(probe)),
      );
  return [
    ...hop('client-collector', 'client → collector', collector && furthest(collector), (probe) =>
      difference(received(probe), probe.sentWall),
    ),
    ...hop('collector-log', 'collector → log', between, (probe) =>
      difference(logged(probe), received(probe)),
    ),
    ...row,
  ];
}

function figuresOf(values: readonly number[]): Pick<Hop, 'p50' | 'p99' | 'negative' | 'least'> {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    p50: sorted[rankOf(0.5, sorted.length) - 1]!,
    p99: sorted[rankOf(0.99, sorted.length) - 1]!,
    negative: sorted.filter((value) => value < 0).length,
    least: sorted[0]!,
  };
}

const difference = (later: number | null, earlier: number | null): number | null =>
  later === null || earlier === null ? null : later - earlier;
