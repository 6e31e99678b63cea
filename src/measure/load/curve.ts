/**
 * The rate over time, as a curve: how many requests are due until a moment, and the moment at which the n-th is.
 * Rates in requests/s, times in ms from the start. Pure.
 */
import { StargateError } from '../../errors.js';
import { milliseconds } from '../objectives.js';

export interface Curve {
  /** For a person. */
  readonly text: string;
  readonly durationMs: number;
  /** Requests of the whole curve. */
  readonly total: number;
  /** Highest rate. */
  readonly peak: number;
  /** When the n-th request is due, n ≥ 0, not whole where arrivals are random; null beyond the end. Calls ascend. */
  due(n: number): number | null;
}

/** One straight piece: the rate goes from `from` to `to`. */
export interface Stage {
  readonly durationMs: number;
  readonly to: number;
}

interface Piece {
  readonly startMs: number;
  readonly durationMs: number;
  readonly from: number;
  readonly to: number;
  /** Requests before it, and in it. */
  readonly before: number;
  readonly count: number;
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
const seconds = (ms: number): string => `${number(ms / 1000)} s`;

function pieces(stages: readonly Stage[]): readonly Piece[] {
  const list: Piece[] = [];
  let [startMs, from, before] = [0, 0, 0];
  for (const { durationMs, to } of stages) {
    const count = ((from + to) / 2) * (durationMs / 1000);
    if (durationMs > 0) list.push({ startMs, durationMs, from, to, before, count });
    startMs += durationMs;
    before += count;
    from = to;
  }
  return list;
}

/**
 * Where a straight piece has passed `n` of its requests, s from its start: n = from·t + slope·t²/2, solved in the
 * form that does not cancel where the slope is small.
 */
function inside({ from, to, durationMs }: Piece, n: number): number {
  const slope = (to - from) / (durationMs / 1000);
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * n));
  return from + root === 0 ? 0 : (2 * n) / (from + root);
}

const pieceText = ({ durationMs, from, to }: Piece): string =>
  from === to
    ? `${number(to)}/s for ${seconds(durationMs)}`
    : `${number(from)} to ${number(to)}/s in ${seconds(durationMs)}`;

/** Stages one after another; the rate begins at 0 and ramps to each value. A stage of no length jumps. */
export function stagesCurve(stages: readonly Stage[]): Curve {
  const list = pieces(stages);
  const total = list.reduce((sum, { count }) => sum + count, 0);
  let at = 0;
  return {
    text: list.map(pieceText).join(', '),
    durationMs: stages.reduce((sum, { durationMs }) => sum + durationMs, 0),
    total,
    peak: Math.max(0, ...list.flatMap(({ from, to }) => [from, to])),
    due(n) {
      // A request at the very end would be one too many; rounding must not make it one.
      if (n >= total - 1e-9) return null;
      while (n >= list[at]!.before + list[at]!.count && at < list.length - 1) at++;
      const piece = list[at]!;
      return piece.startMs + Math.min(piece.durationMs, inside(piece, n - piece.before) * 1000);
    },
  };
}

export const constantCurve = (rate: number, durationMs: number): Curve =>
  stagesCurve([
    { durationMs: 0, to: rate },
    { durationMs, to: rate },
  ]);

/**
 * A rate that swings: mean · (1 + swing · sin 2πt/period). Its integral has no closed inverse: each start is found by
 * Newton's method from the one before, which is close.
 * @param swing 0 … 1, share of the mean
 */
export function sineCurve(mean: number, durationMs: number, periodMs: number, swing: number): Curve {
  const omega = (2 * Math.PI) / (periodMs / 1000);
  const passed = (t: number) => mean * t + ((mean * swing) / omega) * (1 - Math.cos(omega * t));
  const total = passed(durationMs / 1000);
  let last = 0;
  return {
    text: `${number(mean)}/s ± ${number(swing * 100)} % every ${seconds(periodMs)}, for ${seconds(durationMs)}`,
    durationMs,
    total,
    peak: mean * (1 + swing),
    due(n) {
      if (n >= total - 1e-9) return null;
      let [low, high, t] = [last, durationMs / 1000, last];
      for (let step = 0; step < 60 && high - low > 1e-9; step++) {
        const error = passed(t) - n;
        if (Math.abs(error) < 1e-7) break;
        if (error > 0) high = t;
        else low = t;
        const next = t - error / Math.max(1e-9, mean * (1 + swing * Math.sin(omega * t)));
        // Outside what is known the step went astray: halve instead.
        t = next > low && next < high ? next : (low + high) / 2;
      }
      last = t;
      return t * 1000;
    },
  };
}

/** Reads `DURATION:RATE,…`, such as `0:500,100s:9000,20s:9000`. Errors: STG_OPTION_INVALID. */
export function parseStages(text: string): readonly Stage[] {
  return text.split(',').map((part) => {
    const [duration = '', rate = ''] = part.trim().split(':');
    const durationMs = duration === '0' ? 0 : milliseconds(duration);
    if (durationMs !== undefined && /^\d+(\.\d+)?$/.test(rate)) return { durationMs, to: Number(rate) };
    throw new StargateError('STG_OPTION_INVALID', {
      message: 'A stage cannot be read.',
      expected: 'DURATION:RATE, such as --stages 0:500,100s:9000,20s:9000',
      got: part.trim() || 'nothing',
    });
  });
}
