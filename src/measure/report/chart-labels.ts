import type { Plane } from './charts.js';
import { html, Markup } from './markup.js';
import { CHAR, round } from './scale.js';

const LINE = 14;

/** Labels above everything, none on another: those of vertical rules find a row of their own. */
export function labels(plane: Plane): Markup[] {
  const { chart, width, height, x, y } = plane;
  const taken: (readonly [row: number, from: number, to: number])[] = [];
  return chart.marks.flatMap((mark) => {
    if (mark.kind === 'level' && mark.y <= chart.y.max && mark.y >= chart.y.min) {
      const at = y(mark.y) < LINE + 2 ? y(mark.y) + LINE : y(mark.y) - 5;
      return [label(4, at, mark.label)];
    }
    if (mark.kind === 'at' && mark.x <= chart.x.max) {
      const length = mark.label.length * CHAR + 6;
      const flip = x(mark.x) + length > width;
      const [from, to] = flip ? [x(mark.x) - length, x(mark.x)] : [x(mark.x), x(mark.x) + length];
      let row = 0;
      while (taken.some(([other, start, end]) => other === row && from < end && start < to)) row += 1;
      taken.push([row, from, to]);
      return [label(x(mark.x) + (flip ? -5 : 5), 10 + row * LINE, mark.label, flip)];
    }
    // A strip along the top that is thinner than its name goes without one: the key tells what it is.
    if (mark.kind !== 'zone' || mark.label === '' || (mark.y0 !== undefined && y(mark.y0) < LINE + 2))
      return [];
    const [from, to] = [x(mark.x0 ?? chart.x.min), x(mark.x1 ?? chart.x.max)];
    if (to - from < mark.label.length * CHAR + 8) return [];
    const bottom = mark.y0 === undefined ? height - 7 : Math.min(y(mark.y0) - 6, LINE);
    return [label(from + 6, bottom, mark.label, false, mark.look === 'hatch' ? 'halo zone' : 'halo')];
  });
}

function label(x: number, y: number, text: string, end = false, look = 'halo'): Markup {
  return html`<text class="${look}" x="${round(x)}" y="${round(y)}"${new Markup(end ? ' text-anchor="end"' : '')}>${text}</text>`;
}
