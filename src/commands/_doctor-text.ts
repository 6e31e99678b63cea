/** What `doctor` found, for a person: one line each, then what to do in full, so that the last screen holds it. */
import { CHECKS, COMPONENTS, type Component } from '../doctor/codes.js';
import type { Finding, State } from '../doctor/port.js';
import { labelled, pad, printable, type Style } from '../output.js';

const LABEL = 9;
const LONGEST_TITLE = Math.max(...Object.values(CHECKS).map(({ title }) => title.length));

export function findingsText(findings: readonly Finding[], style: Style, width: number): string {
  const blocks = (Object.keys(COMPONENTS) as Component[]).flatMap((component) => {
    const own = findings.filter((finding) => finding.component === component);
    return own.length === 0 ? [] : [group(COMPONENTS[component], own, style, width)];
  });
  const bad = (['failed', 'warning'] as const).flatMap((state) =>
    findings.filter((finding) => finding.state === state),
  );
  const todo = bad.map((finding) => full(finding, style, width));
  return [...blocks, ...(todo.length > 0 ? ['', todo.join('\n\n')] : []), '', summary(findings, style)].join(
    '\n',
  );
}

const paintOf = (state: State, style: Style): ((text: string) => string) =>
  ({ ok: style.good, warning: style.warning, failed: style.bad, unknown: style.dim })[state];

const markOf = (state: State, { symbols }: Style): string =>
  ({ ok: symbols.ok, warning: symbols.warn, failed: symbols.bad, unknown: '?' })[state];

function group(title: string, findings: readonly Finding[], style: Style, width: number): string {
  const markWidth = Math.max(...[style.symbols.ok, style.symbols.bad].map((symbol) => symbol.length));
  const indent = 4 + markWidth + 1 + LONGEST_TITLE + 2;
  const lines = merged(findings).map(({ titles, state, detail }) => {
    const mark = pad(markOf(state, style), markWidth);
    const label = `    ${mark} ${titles.join(', ')}`;
    const safe = printable(detail);
    // Told in full below.
    const brief = state === 'failed' || state === 'warning';
    const text = brief
      ? clipped(pad(label, indent) + safe, width)
      : titles.length > 1
        ? labelled(`    ${mark} `, `${titles.join(', ')}: ${safe}`, 4 + markWidth + 1, width)
        : labelled(label, safe, indent, width);
    return `    ${paintOf(state, style)(mark)}${text.slice(4 + mark.length)}`;
  });
  return [`  ${style.bold(title)}`, ...lines].join('\n');
}

const clipped = (line: string, width: number): string =>
  line.length > width ? `${line.slice(0, width - 1)}…` : line;

/** One broker that is away is the reason of many: what is unknown for the same reason is one line. */
function merged(findings: readonly Finding[]): { titles: string[]; state: State; detail: string }[] {
  const lines: { titles: string[]; state: State; detail: string }[] = [];
  for (const { code, state, detail } of findings) {
    const { title } = CHECKS[code];
    const last = lines.at(-1);
    if (last?.state !== 'unknown' || state !== 'unknown' || last.detail !== detail)
      lines.push({ titles: [title], state, detail });
    else if (!last.titles.includes(title)) last.titles.push(title);
  }
  return lines;
}

function full({ code, state, detail, fix }: Finding, style: Style, width: number): string {
  const head = `${markOf(state, style)} ${code}`;
  const label = (name: string, text: string) => {
    const block = labelled(`  ${name}`, printable(text, true), LABEL, width);
    return style.dim(block.slice(0, LABEL)) + block.slice(LABEL);
  };
  return [
    labelled(head, printable(detail), head.length + 2, width).replace(head, () =>
      paintOf(state, style)(head),
    ),
    label('Why', CHECKS[code].why),
    // Never broken: it is there to be copied.
    ...(fix === null ? [] : [`${style.dim('  Fix    ')}${printable(fix)}`]),
  ].join('\n');
}

function summary(findings: readonly Finding[], { dim }: Style): string {
  const count = (state: State) => findings.filter((finding) => finding.state === state).length;
  const parts = [
    `${count('ok')} passed`,
    `${count('warning')} ${count('warning') === 1 ? 'warning' : 'warnings'}`,
    `${count('failed')} failed`,
    ...(count('unknown') > 0 ? [`${count('unknown')} could not be looked at`] : []),
  ];
  return dim(`  ${parts.join(', ')}`);
}
