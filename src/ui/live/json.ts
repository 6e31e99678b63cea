import { child, keysOf } from './pointer.js';

/** Stands in a tree for what an excerpt leaves out, with the words that say so. */
export class Folded {
  readonly label: string;

  constructor(label: string) {
    this.label = label;
  }
}

export type TokenKind = 'key' | 'text' | 'value' | 'mark' | 'fold' | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** One line of pretty-printed JSON. */
export interface Line {
  readonly depth: number;
  readonly pointer: string;
  readonly tokens: readonly Token[];
  /** Classes of what the scrubber took out of this line. */
  readonly scrubbed: readonly string[];
  /** The bracket that ends what an earlier line with the same pointer began. */
  readonly closes?: true;
}

const SCRUBBED = /\[(email|phone|cpf|cnpj|card|name|address|id|secret|removed)\]/g;

/** Splits a text at the scrubber's replacements. */
export function scrubbedParts(
  text: string,
): readonly { readonly text: string; readonly scrubbed: string | null }[] {
  const parts: { text: string; scrubbed: string | null }[] = [];
  let end = 0;
  for (const match of text.matchAll(SCRUBBED)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), scrubbed: null });
    parts.push({ text: match[0], scrubbed: match[1]! });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), scrubbed: null });
  return parts;
}

const OPEN: Token = { kind: 'punctuation', text: '' };
const mark = (text: string): Token => ({ ...OPEN, text });

/** A JSON value as lines, two-space steps left to the page. Keys and texts are shown as JSON writes them. */
export function lines(value: unknown): readonly Line[] {
  const out: Line[] = [];
  write(out, value, '', 0, null, true);
  return out;
}

function write(
  out: Line[],
  value: unknown,
  pointer: string,
  depth: number,
  key: string | null,
  last: boolean,
): void {
  const head: Token[] = key === null ? [] : [{ kind: 'key', text: JSON.stringify(key) }, mark(': ')];
  const comma = last ? '' : ',';
  if (typeof value !== 'object' || value === null || value instanceof Folded) {
    const tokens = [...head, ...leaf(value), ...(comma ? [mark(comma)] : [])];
    const scrubbed =
      typeof value === 'string' ? scrubbedParts(value).flatMap((part) => part.scrubbed ?? []) : [];
    out.push({ depth, pointer, tokens, scrubbed });
    return;
  }
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? '[]' : '{}';
  const entries = Object.entries(value);
  if (!entries.length) {
    out.push({ depth, pointer, tokens: [...head, mark(`${open}${close}${comma}`)], scrubbed: [] });
    return;
  }
  out.push({ depth, pointer, tokens: [...head, mark(open!)], scrubbed: [] });
  entries.forEach(([name, inner], index) => {
    write(out, inner, child(pointer, name), depth + 1, isArray ? null : name, index === entries.length - 1);
  });
  out.push({ depth, pointer, tokens: [mark(`${close}${comma}`)], scrubbed: [], closes: true });
}

function leaf(value: unknown): Token[] {
  if (value instanceof Folded) return [{ kind: 'fold', text: value.label }];
  if (typeof value !== 'string') return [{ kind: 'value', text: String(JSON.stringify(value)) }];
  const inner = JSON.stringify(value).slice(1, -1);
  const parts = scrubbedParts(inner).map(
    ({ text, scrubbed }): Token => ({ kind: scrubbed ? 'mark' : 'text', text }),
  );
  return [{ kind: 'text', text: '"' }, ...parts, { kind: 'text', text: '"' }];
}

export interface FoldLabels {
  keys(count: number): string;
  entries(count: number): string;
  more(count: number): string;
}

const AROUND = 3;
const LONG = 120;

export interface Excerpt {
  readonly value: unknown;
  /** Of the place within `value`: entries of an array before it may be left out. */
  readonly pointer: string;
}

/** The tree with only the way to `pointer` unfolded, and its nearest neighbours at each step. */
export function excerpt(value: unknown, pointer: string, labels: FoldLabels): Excerpt {
  return cut(value, keysOf(pointer), labels);
}

function cut(value: unknown, way: readonly string[], labels: FoldLabels): Excerpt {
  if (typeof value !== 'object' || value === null) return { value: shorten(value), pointer: '' };
  const [step, ...rest] = way;
  const entries = Object.entries(value);
  const at = entries.findIndex(([key]) => key === step);
  const from = Math.max(0, at - AROUND);
  const kept = entries.slice(from, Math.max(at, 0) + AROUND + 1);
  const place = at < 0 ? { value: undefined, pointer: '' } : cut(entries[at]![1], rest, labels);
  const shown = kept.map(([key, inner]) => [key, key === step ? place.value : fold(inner, labels)] as const);
  const left = entries.length - kept.length;
  const rebased = Array.isArray(value) ? String(at - from) : step;
  const pointer = at < 0 ? '' : child('', rebased!) + place.pointer;
  if (Array.isArray(value)) {
    const rows = shown.map(([, inner]) => inner);
    return { value: left ? [...rows, new Folded(`… ${labels.more(left)}`)] : rows, pointer };
  }
  return {
    value: Object.fromEntries(left ? [...shown, ['…', new Folded(labels.more(left))]] : shown),
    pointer,
  };
}

function fold(value: unknown, labels: FoldLabels): unknown {
  if (Array.isArray(value)) return value.length ? new Folded(`[ ${labels.entries(value.length)} ]`) : value;
  if (typeof value !== 'object' || value === null) return shorten(value);
  const count = Object.keys(value).length;
  return count ? new Folded(`{ ${labels.keys(count)} }`) : value;
}

const shorten = (value: unknown) =>
  typeof value === 'string' && value.length > LONG ? `${value.slice(0, LONG)}…` : value;
