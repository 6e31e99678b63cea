import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { Reader } from '../consumer.js';
import type { ConsumedRecord, Position } from '../port.js';
import { BAD, decode, offsetAt, SHORT } from './codec.js';
import { keepAside, type Warn } from './damage.js';
import { isMissing } from './disk.js';
import type { DurableEnd } from './end-file.js';
import { floorOf } from './index-file.js';
import { checkHeader, listSegments, segmentName } from './segment.js';
import { Window } from './window.js';

interface OpenSegment {
  readonly file: fs.FileHandle;
  readonly base: number;
  readonly window: Window;
  /** Base of the segment behind it; while this is the newest one, Infinity. */
  next: number;
}

/** Reads a partition in order from an offset on, never past the durable end, over damage and retention. */
export class Cursor implements Reader {
  readonly #folder: string;
  readonly #end: () => DurableEnd;
  /** Null where somebody else tells of damage. */
  readonly #warn: Warn | null;
  #segment: OpenSegment | null = null;
  #at: number;

  constructor(folder: string, at: number, end: () => DurableEnd, warn: Warn | null) {
    this.#folder = folder;
    this.#at = at;
    this.#end = end;
    this.#warn = warn;
  }

  get at(): Position {
    return this.#at as Position;
  }

  /** The segment that was read last, and the byte in it behind the last record; null where none is open. */
  get place(): { readonly base: number; readonly at: number } | null {
    return this.#segment && { base: this.#segment.base, at: this.#segment.window.at };
  }

  /** Up to so many records and bytes, at least one where there is one. */
  async read(maxRecords: number, maxBytes: number): Promise<ConsumedRecord[]> {
    const records: ConsumedRecord[] = [];
    for (;;) {
      const end = this.#end();
      if (this.#at >= end.offset) return records;
      const segment = await this.#enter(end);
      if (segment === null) continue;
      const more = this.#take(segment, records, maxRecords, maxBytes);
      if (records.length > 0) return records;
      if (!more) await this.#next(end);
      else if ((await segment.window.load()) === BAD) await this.#skip(segment, end);
    }
  }

  /** Moves to an offset; forward within a segment it keeps its place in the file. */
  async seek(at: number): Promise<void> {
    if (at < this.#at || (this.#segment !== null && at >= this.#segment.next)) await this.close();
    this.#at = at;
  }

  async close(): Promise<void> {
    const segment = this.#segment;
    this.#segment = null;
    await segment?.file.close();
  }

  /** Decodes what is in memory. False when the segment has nothing more, true when it must be loaded. */
  #take(segment: OpenSegment, into: ConsumedRecord[], maxRecords: number, maxBytes: number): boolean {
    const { window } = segment;
    let room = maxBytes;
    while (into.length < maxRecords && window.at < window.limit) {
      const size = window.size();
      if (size <= SHORT) return true;
      const { bytes, index } = window;
      const offset = offsetAt(bytes, index);
      if (offset >= segment.next) return false;
      if (offset >= this.#at) {
        const record = decode(bytes, index, size);
        room -= record.value.length;
        if (room < 0 && into.length > 0) return true;
        into.push(record);
        this.#at = offset + 1;
      }
      window.at += size;
    }
    return window.at < window.limit;
  }

  /** The segment to read in, with its limit brought up to date; null when it went away meanwhile. */
  async #enter(end: DurableEnd): Promise<OpenSegment | null> {
    const segment = this.#segment ?? (await this.#open(end));
    if (segment === null) return null;
    if (segment.base === end.base) segment.window.limit = end.bytes;
    else if (segment.next === Number.POSITIVE_INFINITY) {
      const bases = await listSegments(this.#folder);
      segment.next = bases.find((base) => base > segment.base) ?? end.base;
      segment.window.limit = (await segment.file.stat()).size;
    }
    return segment;
  }

  async #open(end: DurableEnd): Promise<OpenSegment | null> {
    const bases = (await listSegments(this.#folder)).filter((base) => base <= end.base);
    const base = bases.findLast((candidate) => candidate <= this.#at) ?? bases[0];
    if (base === undefined) throw new Error(`no segment in ${this.#folder}`);
    this.#at = Math.max(this.#at, base);
    try {
      await checkHeader(this.#folder, base);
      const file = await fs.open(join(this.#folder, segmentName(base)), 'r');
      const from = await floorOf(this.#folder, base, this.#at);
      this.#segment = { file, base, window: new Window(file.fd, from, from), next: Number.POSITIVE_INFINITY };
      return this.#segment;
    } catch (error) {
      // Retention was faster; the next look at the folder finds where the log begins now.
      if (isMissing(error)) return null;
      throw error;
    }
  }

  /** Leaves a segment that is read to its end. */
  async #next(end: DurableEnd): Promise<void> {
    const { base, next } = this.#segment!;
    // Behind the newest segment's last record there can be offsets that were lost: they are passed.
    this.#at = Math.max(this.#at, base === end.base ? end.offset : next);
    if (base !== end.base) await this.close();
  }

  /** Passes damaged bytes: tells of them when offsets are missing, and goes on at the next good record. */
  async #skip(segment: OpenSegment, end: DurableEnd): Promise<void> {
    const { window, base } = segment;
    const from = window.at;
    const most = Math.min(segment.next, end.offset);
    const found = await window.resync(this.#at, most);
    if (!found) window.at = window.limit;
    const behind = found ? offsetAt(window.bytes, window.index) : most;
    const missing = behind - this.#at;
    // In a sealed segment these may be the remains of a write that was given up: nothing is missing then.
    if (missing > 0 && this.#warn) {
      await keepAside(this.#folder, segment.file.fd, { base, from, to: window.at, missing }, this.#warn);
    }
  }
}
