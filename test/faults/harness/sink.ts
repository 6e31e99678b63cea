/** A warehouse that can be slow, and away. One that is a server of its own would have a proxy before it instead. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Sink {
  /** Environment of the worker that writes to it. */
  readonly workerEnv: Readonly<Record<string, string>>;
  /** Every answer takes so many times as long. */
  slow(times: number): void;
  /** Every call fails; what was under way may be stored all the same. */
  away(): void;
  whole(): void;
  close(): void;
}

/** No proxy can stand before DuckDB, which lives in the worker: its port itself is made slow there. */
export function duckdbSink(): Sink {
  const folder = mkdtempSync(join(tmpdir(), 'stargate-sink-'));
  const file = join(folder, 'sink.json');
  const tell = (times: number, away: boolean): void => {
    writeFileSync(`${file}.new`, JSON.stringify({ times, away }));
    renameSync(`${file}.new`, file);
  };
  tell(1, false);
  const preload = new URL('./slow-sink.mjs', import.meta.url).href;
  return {
    workerEnv: { NODE_OPTIONS: `--import ${preload}`, STARGATE_TEST_SINK: file },
    slow: (times) => tell(times, false),
    away: () => tell(1, true),
    whole: () => tell(1, false),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
