/**
 * What the log refuses for good, out of the way and not lost: files of JSON lines in the spool's folder, one for each
 * writer and reason. A line is a record's value, which `stargate replay FILE` takes.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StargateError } from '../../errors.js';
import type { LogRecord } from '../port.js';

const NEWLINE = 10;
const SPACE = 32;
const NAME = /^(\d+)-[\w-]+\.ndjson$/;

export interface AsideFigures {
  readonly records: number;
  readonly bytes: number;
}

/** Of a file as it was last looked at; `whole`: bytes up to the end of its last whole line. */
interface Known extends AsideFigures {
  readonly whole: number;
}

export class Aside {
  readonly folder: string;
  readonly #writer: string;
  readonly #maxBytes: number;
  readonly #isOurs: (writer: string) => boolean;
  readonly #files = new Map<string, Known>();
  #turn: Promise<unknown> = Promise.resolve();

  /** `writer`: digits, the prefix of the files written here. `isOurs`: whose files are counted here. */
  constructor(folder: string, writer: string, maxBytes: number, isOurs = (one: string) => one === writer) {
    this.folder = resolve(folder);
    this.#writer = writer;
    this.#maxBytes = maxBytes;
    this.#isOurs = isOurs;
  }

  /** Resolves to the file when the record is durable there. Errors: STG_LOG_FULL, STG_LOG_WRITE. */
  put(record: LogRecord, why: string): Promise<string> {
    const done = this.#turn.then(() => this.#put(record, why));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** What is there now: somebody may have taken a file away. */
  async figures(): Promise<AsideFigures> {
    const names = (await readdir(this.folder).catch(absent)).filter((name) =>
      this.#isOurs(NAME.exec(name)?.[1] ?? ''),
    );
    const all = await Promise.all(names.map((name) => this.#look(join(this.folder, name))));
    return {
      records: all.reduce((sum, { records }) => sum + records, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  async #put({ value }: LogRecord, why: string): Promise<string> {
    const path = join(this.folder, `${this.#writer}-${why.replace(/[^\w-]+/g, '_')}.ndjson`);
    const line = lineOf(value);
    const { bytes } = await this.figures();
    if (bytes + line.length > this.#maxBytes) {
      const expected = `at most ${this.#maxBytes} bytes of refused records in ${this.folder}`;
      throw new StargateError('STG_LOG_FULL', { expected, got: `${bytes} bytes`, next: PUT_BACK });
    }
    try {
      await this.#write(path, line);
    } catch (cause) {
      const { code = 'an error' } = cause as NodeJS.ErrnoException;
      throw new StargateError('STG_LOG_WRITE', { got: `${code}: ${path}`, cause });
    }
    return path;
  }

  async #write(path: string, line: Buffer): Promise<void> {
    const made = await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const { records, whole } = await this.#look(path);
    const file = await open(path, 'a', 0o600);
    try {
      // What a crash or a full disk left of a line was never set aside.
      await cut(file, whole);
      await file.writeFile(line);
      await file.sync();
    } catch (error) {
      await cut(file, whole).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
    if (records === 0) await syncFolder(this.folder);
    if (made !== undefined) await syncFolder(join(this.folder, '..'));
    const bytes = whole + line.length;
    this.#files.set(path, { records: records + 1, bytes, whole: bytes });
  }

  /** Counts the file's lines, unless it is as long as it was when they were counted. */
  async #look(path: string): Promise<Known> {
    const bytes = (await stat(path).catch(() => null))?.size ?? 0;
    const before = this.#files.get(path);
    if (before?.bytes === bytes) return before;
    const known = bytes === 0 ? { records: 0, bytes, whole: 0 } : await count(path);
    this.#files.set(path, known);
    return known;
  }
}

const PUT_BACK = 'Change the settings of the topic, give the files to stargate replay, and remove them.';

/** JSON has line breaks between its parts only, where a space does as well. */
function lineOf(value: Buffer): Buffer {
  const line = Buffer.concat([value, Buffer.from('\n')]);
  for (let at = line.indexOf(NEWLINE); at < value.length; at = line.indexOf(NEWLINE, at)) line[at] = SPACE;
  return line;
}

async function cut(file: FileHandle, length: number): Promise<void> {
  if ((await file.stat()).size > length) await file.truncate(length);
}

async function count(path: string): Promise<Known> {
  let [records, bytes, whole] = [0, 0, 0];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) {
      records += 1;
      whole = bytes + at + 1;
    }
    bytes += chunk.length;
  }
  return { records, bytes, whole };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function absent(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
