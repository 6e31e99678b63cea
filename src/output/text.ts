import { stripVTControlCharacters } from 'node:util';

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that text takes on a terminal: colours take none, combining marks none, wide characters two. */
export function columns(text: string): number {
  const plain = stripVTControlCharacters(text);
  // The common case needs no look at characters one by one.
  if (/^[ -~]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const char of plain.normalize('NFC'))
    width += /\p{M}|\u200d/u.test(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

/**
 * Text from elsewhere made safe for a terminal: an event's name or a file's path must not move the cursor, set a
 * title or paint over what was printed. Line breaks stay where the caller wants them.
 */
export function printable(text: string, keepLines = false): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    if (char === '\n' && keepLines) return char;
    return char === '\t' || char === '\n' ? ' ' : '\ufffd';
  });
}

export const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - columns(text)));

const padLeft = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - columns(text))) + text;

/** Breaks lines at spaces. A word longer than the width stays whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    // A line with an indent of its own is laid out already, such as a command to copy.
    if (columns(paragraph) <= width || /^\s/.test(paragraph)) return [paragraph];
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (line !== '' && columns(longer) > width) lines.push(line);
      line = line !== '' && columns(longer) > width ? word : longer;
    }
    return [...lines, line];
  });
}

/** A label, and text that wraps under itself: never under the label. */
export function labelled(label: string, text: string, labelWidth: number, width: number): string {
  const indent = ' '.repeat(labelWidth);
  const lines = wrap(text, Math.max(20, width - labelWidth));
  return [pad(label, labelWidth) + (lines[0] ?? ''), ...lines.slice(1).map((line) => indent + line)].join(
    '\n',
  );
}

export interface TableOptions {
  readonly head?: readonly string[];
  /** Columns whose text is flushed right: numbers. */
  readonly right?: ReadonlySet<number>;
  readonly paintHead?: (text: string) => string;
  readonly indent?: string;
}

/** Aligned columns, two spaces apart. Cells may be painted; make foreign text `printable` before painting. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const { head, right = new Set<number>(), paintHead = (text) => text, indent = '' } = options;
  const all = head ? [head, ...rows] : rows;
  const widths: number[] = [];
  for (const row of all)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, columns(cell));
  const lines = all.map((row) =>
    row
      .map((cell, i) => (right.has(i) ? padLeft : pad)(cell, widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line, i) => indent + (head && i === 0 ? paintHead(line) : line)).join('\n');
}
