/** Events as they become queryable, one line each; under load a line now and then says how many more there were. */
import type { RejectedRow } from '../event/fields.js';
import { columns, type Output, pad, printable } from '../output.js';
import type { AppendRow } from '../warehouse/port.js';
import type { WorkerObserver } from '../worker/observer.js';

/** Lines a second before the rest is only counted: a terminal is slower than the pipeline. */
const MOST_PER_SECOND = 15;

export interface EventLines {
  readonly observer: WorkerObserver;
  start(): void;
  stop(): void;
}

export function eventLines(output: Output): EventLines {
  const { noteStyle: style } = output;
  let left = MOST_PER_SECOND;
  let more = 0;
  let showing = false;
  let timer: NodeJS.Timeout | undefined;

  const show = (line: () => string): void => {
    if (!showing || output.json) return;
    if (left > 0) {
      left--;
      output.note(line());
    } else more++;
  };
  const refill = (): void => {
    if (more > 0) output.note(style.dim(`  … and ${more.toLocaleString('en')} more`));
    left = MOST_PER_SECOND;
    more = 0;
  };
  return {
    observer: {
      read() {},
      skipped() {},
      retrying() {},
      stored: (rows) => {
        for (const row of rows) show(() => goodLine(row, output));
      },
      rejected: (rows) => {
        for (const row of rows) show(() => badLine(row, output));
      },
    },
    start() {
      showing = true;
      timer = setInterval(refill, 1_000);
      timer.unref();
    },
    stop() {
      showing = false;
      clearInterval(timer);
    },
  };
}

const clock = (iso: string): string => new Date(iso).toTimeString().slice(0, 8) + iso.slice(19, 23);

const NAME = 16;
/** Columns of a line besides the page: time, verdict, name, milliseconds, what was scrubbed. */
const REST = 61;

/** Exactly `width` columns, so that the next one stands under its like; too long a text loses its end. */
function cell(text: string, width: number): string {
  let shown = printable(text.slice(0, 2 * width));
  // Wide characters take two columns: what is too long is shortened until it fits.
  if (columns(shown) > width) {
    while (columns(shown) > width - 1) shown = shown.slice(0, -1);
    shown += '…';
  }
  return pad(shown, width);
}

function goodLine({ event }: AppendRow, { noteStyle: style, width }: Output): string {
  const ms = Math.max(0, Date.now() - Date.parse(event.received_at));
  const scrubbed = event.pii_redactions ? style.warning(`  ${event.pii_redactions} scrubbed`) : '';
  const page = cell(event.page_path ?? '', Math.max(8, width - REST));
  return `  ${style.dim(clock(event.received_at))}  ${style.good('good')}  ${cell(event.event_name, NAME)} ${page} ${String(ms).padStart(5)} ms${scrubbed}`;
}

function badLine(row: RejectedRow, { noteStyle: style, width }: Output): string {
  const where = cell(row.pointer ?? '', width - REST + 12).trimEnd();
  return `  ${style.dim(clock(row.received_at))}  ${style.bad('bad')}   ${cell(row.reason, NAME)} ${where}`.trimEnd();
}
