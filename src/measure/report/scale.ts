/** Scales and their ticks: values to pixels, and round values to write beside them. */

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly log?: boolean;
  /** Where to write labels: at most `most` of them. */
  readonly ticks: (most: number) => readonly number[];
  readonly format: (value: number) => string;
  readonly label: string;
}

/** Width of a character of a chart's text, on average, in units of the drawing. */
export const CHAR = 6.4;
/** Pixels to a tenth: finer is not seen. */
export const round = (value: number): number => Math.round(value * 10) / 10;

/** Maps the axis to 0 … `length`, values beyond its ends to its ends. */
export function scale(axis: Pick<Axis, 'min' | 'max' | 'log'>, length: number): (value: number) => number {
  const of = axis.log ? Math.log10 : (value: number) => value;
  const low = of(axis.min);
  const span = of(axis.max) - low || 1;
  return (value) => ((of(Math.min(Math.max(value, axis.min), axis.max)) - low) / span) * length;
}

/** The smallest of 1, 2, 2.5, 5 × 10ⁿ that is no less. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].find((each) => value <= each * power * (1 + 1e-9)) ?? 10;
  return Number((step * power).toPrecision(2));
}

function multiples(step: number, min: number, max: number): number[] {
  const first = Math.ceil(min / step - 1e-9);
  const length = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, length) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

type Words = Pick<Axis, 'format' | 'label'>;

/** From 0 to a round value a little above `max`, so that a flat line does not lie on the frame. */
export function linearAxis(max: number, words: Words): Axis {
  const top = roundedTop(max * 1.04);
  return {
    min: 0,
    max: top,
    ticks: (most) => multiples(roundUp(top / Math.max(1, most - 1)), 0, top),
    ...words,
  };
}

function roundedTop(max: number): number {
  if (!(max > 0)) return 1;
  const step = roundUp(max / 10);
  return Number((Math.ceil(max / step - 1e-9) * step).toPrecision(12));
}

/** Logarithmic between decades around the positive values; from 1 to 10 where there are none. */
export function logAxis(values: readonly number[], words: Words): Axis {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    if (!(value > 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (high === 0) return logSpan(1, 10, words);
  const min = 10 ** Math.floor(Math.log10(low) + 1e-9);
  const max = 10 ** Math.max(Math.log10(min) + 1, Math.ceil(Math.log10(high) - 1e-9));
  return logSpan(min, max, words);
}

/** Shares, 0 … 1. */
export const shareAxis = (words: Words): Axis => ({
  min: 0,
  max: 1,
  ticks: (most) => multiples(roundUp(1 / Math.max(1, most - 1)), 0, 1),
  ...words,
});

/** Logarithmic between two values, of which ticks show the round ones. */
export const logSpan = (min: number, max: number, words: Words): Axis => ({
  min,
  max,
  log: true,
  ticks: (most) => logTicks(min, max, most),
  ...words,
});

/** Decades, every second one where there are many, 1-3-10 or 1-2-5-10 where there is room. */
export function logTicks(min: number, max: number, most: number): number[] {
  const first = Math.floor(Math.log10(min) + 1e-9);
  const last = Math.ceil(Math.log10(max) - 1e-9);
  const decades = last - first + 1;
  const every = Math.ceil(decades / Math.max(1, most));
  const within = [
    [1, 2, 5],
    [1, 3],
  ].find((steps) => decades * steps.length <= most) ?? [1];
  return Array.from({ length: decades }, (_, i) => first + i)
    .filter((power) => (power - first) % every === 0)
    .flatMap((power) => (every > 1 ? [1] : within).map((step) => Number(`${step}e${power}`)))
    .filter((value) => value >= min * (1 - 1e-9) && value <= max * (1 + 1e-9));
}

const SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
];

/** The time of a run from 0, in ms, labelled at round seconds, minutes and hours. */
export function timeAxis(max: number, words: Words): Axis {
  const end = Math.max(max, 1);
  const step = (most: number) => {
    const fits = SECONDS.find((seconds) => end / (seconds * 1000) <= most - 1);
    return 1000 * (fits ?? 86_400 * Math.ceil(end / 86_400_000 / Math.max(1, most - 1)));
  };
  return { min: 0, max: end, ticks: (most) => multiples(step(most), 0, end), ...words };
}
