import { labels } from './chart-labels.js';
import { shape, zones } from './chart-marks.js';
import { html, type Markup } from './markup.js';
import { type Axis, CHAR, round, scale } from './scale.js';

/**
 * Charts as SVG text, drawn without a browser. Each is drawn twice, wide and narrow, and the style sheet shows the
 * one that fits: text keeps its size, and no script is needed.
 */
export interface Chart {
  /** What the picture shows, in a sentence, for those who do not see it. */
  readonly alt: string;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  /** Columns that tell their values under the pointer; drawn in order, joined where there are too many. */
  readonly hover?: Hover;
}

export type Point = readonly [x: number, y: number | null];

/** `look` is a class of the style sheet: colour and dash are decided there. */
export type Mark =
  | { readonly kind: 'line'; readonly points: readonly Point[]; readonly look: string }
  | { readonly kind: 'bars'; readonly bars: readonly Bar[]; readonly look: string }
  | { readonly kind: 'band'; readonly points: readonly (readonly [x: number, low: number, high: number])[] }
  | {
      readonly kind: 'strokes';
      readonly strokes: readonly (readonly [x: number, from: number, to: number])[];
      readonly look: string;
    }
  | { readonly kind: 'level'; readonly y: number; readonly label: string }
  | { readonly kind: 'at'; readonly x: number; readonly label: string }
  | Zone;

export interface Bar {
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
  /** Where it stands; the axis by default. */
  readonly from?: number;
  readonly title: string;
}

/** A part of the plane: `hatch` was not judged, `plain` is named only. Edges default to those of the plot. */
export interface Zone {
  readonly kind: 'zone';
  readonly look: 'hatch' | 'plain';
  readonly x0?: number;
  readonly x1?: number;
  readonly y0?: number;
  readonly label: string;
}

export interface Hover {
  readonly count: number;
  /** Left edge of column i; `count` is the right edge of the last. */
  readonly edge: (i: number) => number;
  /** What columns `from` … `to` (exclusive) have to say. */
  readonly title: (from: number, to: number) => string;
}

const WIDE = 760;
const NARROW = 380;
export interface Plane {
  readonly chart: Chart;
  readonly width: number;
  readonly height: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Both drawings of a chart. */
export function plot(chart: Chart): Markup {
  return html`<div class="plot">${drawn(chart, WIDE, 'wide')}${drawn(chart, NARROW, 'narrow')}</div>`;
}

function drawn(chart: Chart, full: number, look: 'wide' | 'narrow'): Markup {
  const total = Math.round(look === 'wide' ? chart.height : chart.height * 0.9);
  const height = total - 26 - 36;
  const yTicks = chart.y.ticks(Math.max(2, Math.floor(height / 30)));
  const left = Math.max(24, ...yTicks.map((tick) => chart.y.format(tick).length * CHAR + 12));
  const width = full - left - 14;
  const flipped = scale(chart.y, height);
  const plane: Plane = {
    chart,
    width,
    height,
    x: (
      (to) => (value: number) =>
        round(to(value))
    )(scale(chart.x, width)),
    y: (value) => round(height - flipped(value)),
  };
  return html`<svg class="${look}" viewBox="0 0 ${full} ${total}" role="img" aria-label="${chart.alt}"><g transform="translate(${round(left)} 26)">${[
    zones(plane),
    yAxis(plane, yTicks, left),
    xAxis(plane),
    chart.marks.map((mark) => shape(mark, plane)),
    labels(plane),
    hovers(plane, look === 'wide' ? 4 : 6),
  ]}</g></svg>`;
}

function yAxis({ chart, width, y }: Plane, ticks: readonly number[], left: number): Markup {
  const lines = ticks.map(
    (tick) =>
      html`<path class="grid" d="M0 ${y(tick)}H${round(width)}"/><text x="-8" y="${y(tick) + 4}" text-anchor="end">${chart.y.format(tick)}</text>`,
  );
  return html`${lines}<text class="name" x="${round(-left)}" y="-12">${chart.y.label}</text>`;
}

function xAxis({ chart, width, height, x }: Plane): Markup {
  const widest = Math.max(...chart.x.ticks(8).map((tick) => chart.x.format(tick).length)) * CHAR + 14;
  const ticks = chart.x.ticks(Math.max(2, Math.floor(width / widest)));
  const marks = ticks.map((tick) => {
    const half = (chart.x.format(tick).length * CHAR) / 2;
    const anchor = x(tick) + half > width + 26 ? 'end' : 'middle';
    return html`<path class="axis" d="M${x(tick)} ${height}v4"/><text x="${x(tick)}" y="${height + 17}" text-anchor="${anchor}">${chart.x.format(tick)}</text>`;
  });
  return html`<path class="axis" d="M0 ${height}H${round(width)}"/>${marks}<text class="name" x="${round(width)}" y="${height + 32}" text-anchor="end">${chart.x.label}</text>`;
}

/** Invisible columns, none thinner than `least` pixels. */
function hovers({ chart: { hover }, width, height, x }: Plane, least: number): Markup[] {
  if (!hover || hover.count === 0) return [];
  const columns = Math.min(hover.count, Math.floor(width / least));
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * hover.count) / columns);
    const to = Math.floor(((column + 1) * hover.count) / columns);
    const left = x(hover.edge(from));
    const wide = round(x(hover.edge(to)) - left);
    return html`<rect class="hover" x="${left}" y="0" width="${wide}" height="${height}"><title>${hover.title(from, to)}</title></rect>`;
  });
}
