import { isStargateError, StargateError } from '../errors.js';
import type { Style } from './style.js';
import { labelled, pad, printable, wrap } from './text.js';

/** Every error as a StargateError: what is not ours is a bug, with the original as its cause. */
export function asStargateError(error: unknown): StargateError {
  if (isStargateError(error)) return error;
  const got = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new StargateError('STG_BUG', { got, cause: error });
}

/** The document that `--json` prints for an error. Absent parts are left out. */
export function faultDocument({ code, message, expected, got, next, items }: StargateError): object {
  return {
    error: {
      code,
      message,
      ...(expected !== undefined && { expected }),
      ...(got !== undefined && { got }),
      ...(next !== undefined && { next }),
      ...(items.length > 0 && { items }),
    },
  };
}

function causes(error: Error): readonly string[] {
  const found: string[] = [];
  // Bounded: a chain can be a circle.
  for (let cause = error.cause; cause !== undefined && cause !== null && found.length < 16; ) {
    const known = cause instanceof Error ? cause : undefined;
    found.push(known ? (known.stack ?? `${known.name}: ${known.message}`) : String(cause));
    cause = known?.cause;
  }
  return found;
}

/**
 * The block of text for an error: mark, code and sentence, then what was expected, what was got and what to do.
 * @param width columns of the terminal
 */
export function faultText(error: StargateError, style: Style, width: number, verbose: boolean): string {
  const safe = (text: string) => printable(text, true);
  const head = `${style.symbols.bad} ${error.code}`;
  const [first = '', ...rest] = wrap(`${head}  ${safe(error.message)}`, width - 2);
  const lines = [`${style.bad(head)}${first.slice(head.length)}`, ...rest.map((line) => `  ${line}`)];

  const items = error.items.map(({ at, text }) => [safe(at), safe(text)] as const);
  if (items.length > 0) lines.push('', ...itemLines(items, width), '');
  const labelWidth = items.length > 0 ? 8 : 12;
  const add = (label: string, text: string | undefined, paint = (t: string) => t) => {
    if (text === undefined) return;
    const block = labelled(`  ${label}`, safe(text), labelWidth, width);
    lines.push(style.dim(block.slice(0, labelWidth)) + paint(block.slice(labelWidth)));
  };
  add('Expected', error.expected);
  add('Got', error.got);
  add('Next', error.next);
  if (!verbose && error.cause !== undefined) add('More', '--verbose shows the chain of causes', style.dim);
  if (verbose) for (const cause of causes(error)) add('Cause', cause);
  return lines.join('\n');
}

/** Place and text side by side where there is room, else the text under its place. */
function itemLines(items: readonly (readonly [string, string])[], width: number): string[] {
  const longest = Math.max(...items.map(([at]) => at.length));
  if (longest + 4 > width / 2)
    return items.flatMap(([at, text]) => [`  ${at}`, ...wrap(text, width - 4).map((line) => `    ${line}`)]);
  return items.map(([at, text]) => labelled(`  ${pad(at, longest)}`, text, longest + 4, width));
}
