import { html, Markup } from './markup.js';
import { STYLE } from './style.js';

/** Done well, missed, or not judged: always a shape and a word beside the colour. */
export type State = 'ok' | 'no' | 'na';

export interface Page {
  readonly title: string;
  /** Beside the mark: "Load test". */
  readonly name: string;
  readonly about: readonly Markup[];
  readonly chip: Markup;
  readonly beside: string;
  readonly headline: string;
  readonly explanation: string;
  readonly figures: readonly Figure[];
  readonly sections: readonly Section[];
  readonly foot: string;
}

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string | undefined;
}

export interface Section {
  /** What the section's data show, as a statement. */
  readonly title: string;
  readonly lead?: string;
  readonly body: Markup;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath d='M4 22V12a8 8 0 0 1 16 0v10' fill='none' stroke='%230a6680' stroke-width='3'/%3E%3Ccircle cx='12' cy='13.5' r='3.2' fill='%230a6680'/%3E%3C/svg%3E";

const MARK = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 22V12a8 8 0 0 1 16 0v10" fill="none" stroke="currentColor" stroke-width="3"/><circle cx="12" cy="13.5" r="3.2" fill="var(--accent)"/></svg>`;

const PATTERNS = html`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>
<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="7" height="7" fill="var(--warn)" opacity=".06"/><rect width="1.5" height="7" fill="var(--warn)" opacity=".24"/></pattern>
<pattern id="maybe" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--c1)" opacity=".1"/><rect width="1.6" height="5" fill="var(--c1)" opacity=".6"/></pattern>
</defs></svg>`;

/** The whole document: one file, no script, nothing from the network. The policy forbids what could be slipped in. */
export function document(page: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${page.title}</title>
<link rel="icon" href="${new Markup(ICON)}">
<style>${new Markup(STYLE)}</style>
</head>
<body>
${PATTERNS}
<header class="top"><div class="w">${MARK}<b>${page.name}</b>${page.about}</div></header>
<main class="w">
<div class="verdict"><div class="vl">${page.chip}<span>${page.beside}</span></div><h1>${page.headline}</h1><p>${page.explanation}</p></div>
<dl class="figs">${page.figures.map(figure)}</dl>
${page.sections.map(section)}
<p class="foot">${coded(page.foot)}</p>
</main>
</body>
</html>
`.text;
}

const figure = ({ name, value, note }: Figure): Markup =>
  html`<div><dt>${name}</dt><dd>${value}${note && html`<small>${note}</small>`}</dd></div>`;

const section = ({ title, lead, body }: Section): Markup =>
  html`<section class="s"><header><h2>${title}</h2>${lead && html`<p>${lead}</p>`}</header><div>${body}</div></section>\n`;

export const STATES = { met: 'ok', missed: 'no', 'not-judged': 'na' } as const satisfies Record<
  string,
  State
>;

/** In place of a picture or table that would be empty. */
export const none = (text: string): Markup => html`<p class="none">${coded(text)}</p>`;

/** Options of the command line set as code, so that their hyphens stay with them. */
export function coded(text: string): Markup {
  const parts = text.split(/(--[a-z][a-z-]*)/);
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code class="nw">${part}</code>` : part))}`;
}

/** The command that made the report, one a line where reports were merged. */
export const typed = (command: string): Markup =>
  html`<pre class="cmd">${command
    .split('\n')
    .map((line) => `$ ${line}`)
    .join('\n')}</pre>`;

export const chip = (state: State, text: string): Markup => html`<span class="chip ${state}">${text}</span>`;

export interface Column {
  readonly head: string;
  /** Figures: flushed right, never broken. */
  readonly right?: boolean;
  /** The head is for those who hear the table: the cells speak for themselves. */
  readonly quiet?: boolean;
  readonly width?: string;
}

/** The first cell of each row names it. Scrolls sideways where it does not fit, by keyboard too. */
export function table(
  name: string,
  columns: readonly Column[],
  rows: readonly (readonly (string | Markup)[])[],
): Markup {
  const heads = columns.map(({ head, right, quiet, width }) => {
    const style = width && html` style="width:${width}"`;
    return html`<th scope="col"${right && html` class="r"`}${style}>${quiet ? html`<span class="vh">${head}</span>` : head}</th>`;
  });
  const cell = (value: string | Markup, i: number) =>
    i === 0
      ? html`<th scope="row">${value}</th>`
      : html`<td${columns[i]?.right && html` class="r"`}>${value}</td>`;
  return html`<div class="tw" role="region" tabindex="0" aria-label="${name}"><table><thead><tr>${heads}</tr></thead><tbody>${rows.map(
    (row) => html`<tr>${row.map(cell)}</tr>`,
  )}</tbody></table></div>`;
}

/** Names and values side by side. */
export const facts = (pairs: readonly (readonly [string, string])[]): Markup =>
  html`<dl class="pm">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

export interface KeyEntry {
  readonly look: string;
  readonly text: string;
}

/** What the lines (`line …`) and areas of a chart are. */
export function key(entries: readonly KeyEntry[]): Markup {
  const sample = (look: string) =>
    look.startsWith('line')
      ? html`<path class="${look}" d="M1 5H19"/>`
      : look === 'hatch'
        ? html`<rect y="1" width="20" height="8" fill="url(#hatch)" stroke="var(--warn)" stroke-width=".5"/>`
        : html`<rect class="${look}" y="1" width="20" height="8"/>`;
  return html`<ul class="key">${entries.map(
    ({ look, text }) =>
      html`<li><svg width="20" height="10" aria-hidden="true">${sample(look)}</svg>${text}</li>`,
  )}</ul>`;
}
