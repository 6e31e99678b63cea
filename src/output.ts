/**
 * Everything that a command prints goes through here: data to stdout, everything else to stderr.
 *
 * A command gives each result twice, as a document and as a function that makes text of it; `--json` decides which
 * of the two is printed. Text of other people (events, paths, answers of servers) is made `printable` first.
 */
import { StargateError } from './errors.js';
import { asStargateError, faultDocument, faultText } from './output/fault.js';
import { type Live, liveBlock } from './output/live.js';
import { type Progress, plainProgress, spinner } from './output/progress.js';
import { createStyle, type Style, speaksUtf8, wantsColour } from './output/style.js';

export type { Live } from './output/live.js';
export type { Progress } from './output/progress.js';
export type { Style } from './output/style.js';
export { columns, labelled, pad, printable, table, wrap } from './output/text.js';

export interface OutputOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly noColour: boolean;
  readonly verbose: boolean;
  /** Called once when nobody reads stdout any more (`null`), or when it cannot be written. */
  readonly onClosed: (error: StargateError | null) => void;
}

export interface Output {
  /** True with --json. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** For text on stdout. */
  readonly style: Style;
  /** For text on stderr. */
  readonly noteStyle: Style;
  /** Columns of the terminal, 80 where there is none. */
  readonly width: number;
  /** The one result of a command. Resolves when the stream takes more. */
  result(document: unknown, text: () => string): Promise<void>;
  /** One item of a stream: a line of NDJSON, or text. Await it: that is the back-pressure. */
  record(document: unknown, text: () => string): Promise<void>;
  /** Lines on stderr. */
  note(text: string): void;
  good(text: string): void;
  warn(text: string): void;
  /** A spinner on a terminal, a line now and then elsewhere. */
  progress(text: string): Promise<Progress>;
  /** A block on stderr that is redrawn in place; null where stderr is no terminal that can. */
  live(): Live | null;
  /** An error, where a person or a script looks for it. */
  fault(error: unknown): Promise<void>;
}

const MAX_WIDTH = 120;

type Write = (text: string) => Promise<void>;

/** Writes to stdout until it is closed or broken; what comes later is dropped. */
function guarded({ stdout, stderr, onClosed }: OutputOptions): Write {
  let open = true;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!open) return;
    open = false;
    const gone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
    onClosed(gone ? null : new StargateError('STG_OUTPUT_WRITE', { got: error.code ?? '', cause: error }));
  });
  stderr.on('error', () => {});
  return (text) =>
    new Promise((resolve) => {
      if (open) stdout.write(text, () => resolve());
      else resolve();
    });
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, env, json, noColour, verbose } = options;
  const utf8 = speaksUtf8(env, process.platform);
  const style = createStyle(wantsColour(env, stdout.isTTY === true, noColour), utf8);
  const noteStyle = createStyle(wantsColour(env, stderr.isTTY === true, noColour), utf8);
  const width = Math.min(stderr.columns || stdout.columns || 80, MAX_WIDTH);
  const write = guarded(options);
  const note = (text: string) => void stderr.write(`${text}\n`);
  let documents = 0;

  const print = (document: unknown, text: () => string, indent: number) => {
    if (!json) return write(`${text()}\n`);
    documents++;
    return write(`${JSON.stringify(document, null, indent)}\n`);
  };
  return {
    json,
    verbose,
    style,
    noteStyle,
    width,
    result: (document, text) => print(document, text, 2),
    record: (document, text) => print(document, text, 0),
    note,
    good: (text) => note(`${noteStyle.good(noteStyle.symbols.ok)} ${text}`),
    warn: (text) => note(`${noteStyle.warning(noteStyle.symbols.warn)} ${text}`),
    progress: async (text) =>
      stderr.isTTY && env.TERM !== 'dumb'
        ? spinner(text, note, noteStyle, stderr)
        : plainProgress(text, note, noteStyle),
    live: () => (stderr.isTTY && env.TERM !== 'dumb' ? liveBlock(stderr) : null),
    async fault(error) {
      const known = asStargateError(error);
      // A second document would break whoever parses the first one.
      if (json && documents === 0) return print(faultDocument(known), () => '', 2);
      note(faultText(known, noteStyle, width, verbose));
    },
  };
}
