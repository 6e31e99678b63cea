import type { Bar, Mark, Plane, Point } from './charts.js';
import { html, type Markup } from './markup.js';
import { round } from './scale.js';

/** What a mark looks like; zones lie below everything, and are drawn by `zones`. */
export function shape(mark: Mark, plane: Plane): Markup | false {
  const { x, y, chart, width, height } = plane;
  switch (mark.kind) {
    case 'line':
      return html`<path class="line ${mark.look}" d="${path(thinned(mark.points, plane), plane)}"/>`;
    case 'bars':
      return html`${mark.bars.map((bar) => barShape(bar, mark.look, plane))}`;
    case 'band': {
      const up = mark.points.map(([at, , high]) => `${x(at)} ${y(high)}`);
      const down = mark.points.map(([at, low]) => `${x(at)} ${y(low)}`).reverse();
      return up.length > 0 && html`<path class="band" d="M${[...up, ...down].join('L')}Z"/>`;
    }
    case 'strokes':
      return html`<path class="line ${mark.look}" d="${mark.strokes
        .map(([at, from, to]) => `M${x(at)} ${y(from)}V${Math.min(y(to), y(from) - 1)}`)
        .join('')}"/>`;
    case 'level':
      return (
        mark.y <= chart.y.max &&
        mark.y >= chart.y.min &&
        html`<path class="rule" d="M0 ${y(mark.y)}H${round(width)}"/>`
      );
    case 'at':
      return mark.x <= chart.x.max && html`<path class="rule" d="M${x(mark.x)} 0V${height}"/>`;
    case 'zone':
      return false;
  }
}

function barShape(
  { x0, x1, y: value, from, title }: Bar,
  look: string,
  { chart, x, y }: Plane,
): Markup | false {
  const top = y(value);
  const height = round(y(from ?? chart.y.min) - top);
  if (height <= 0) return false;
  const width = round(Math.max(1, x(x1) - x(x0) - 1));
  return html`<rect class="${look}" x="${round(x(x0) + 0.5)}" y="${top}" width="${width}" height="${height}"><title>${title}</title></rect>`;
}

/** One subpath for each stretch without a gap; a stretch of one point is a dot. */
function path(points: readonly Point[], { x, y }: Plane): string {
  let text = '';
  let open = false;
  for (const [at, value] of points) {
    if (value !== null) text += `${open ? 'L' : 'M'}${x(at)} ${y(value)}${open ? '' : 'h0'}`;
    open = value !== null;
  }
  return text;
}

/** At most two points every two pixels: the lowest and the highest, so that no peak is lost. */
function thinned(points: readonly Point[], { x, width }: Plane): readonly Point[] {
  if (points.length <= width) return points;
  const columns = new Map<number, Point[]>();
  for (const point of points) {
    const column = Math.floor(x(point[0]) / 2);
    columns.set(column, [...(columns.get(column) ?? []), point]);
  }
  return [...columns.values()].flatMap((column) => {
    const known = column.filter((point): point is readonly [number, number] => point[1] !== null);
    if (known.length === 0) return [column[0]!];
    const sorted = known.toSorted((a, b) => a[1] - b[1]);
    const ends = [sorted[0]!, sorted.at(-1)!];
    return ends[0] === ends[1] ? [ends[0]!] : ends.sort((a, b) => a[0] - b[0]);
  });
}

export function zones({ chart, width, height, x, y }: Plane): Markup[] {
  return chart.marks.flatMap((mark) => {
    if (mark.kind !== 'zone') return [];
    const [from, to] = [x(mark.x0 ?? chart.x.min), x(mark.x1 ?? chart.x.max)];
    const bottom = mark.y0 === undefined ? height : y(mark.y0);
    const fill = mark.look === 'hatch' ? 'url(#hatch)' : 'var(--raise)';
    const edge = mark.look === 'hatch' && mark.x0 !== undefined && from > 0 && from < width;
    return [
      html`<rect x="${from}" y="0" width="${round(to - from)}" height="${bottom}" fill="${fill}"/>${edge && html`<path class="edge" d="M${from} 0V${height}"/>`}`,
    ];
  });
}
