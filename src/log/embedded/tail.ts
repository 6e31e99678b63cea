import { type Disk, writeAll } from './disk.js';
import type { DurableEnd } from './end-file.js';
import { SparseIndex } from './index-file.js';
import { createSegment, HEADER } from './segment.js';

/** Why bytes did not become durable; `certain` when they never will be in the log. */
export class PutFailure extends Error {
  readonly certain: boolean;

  constructor(certain: boolean, cause: unknown) {
    super('the log could not be written', { cause });
    this.certain = certain;
  }
}

export interface TailOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly segmentBytes: number;
  /** Told after every change, of what is durable now. */
  readonly onEnd: (end: DurableEnd) => void;
}

/** The writing end of a partition: whole groups become durable one after another, or are cut away again. */
export class Tail {
  readonly #options: TailOptions;
  #fd: number | null;
  #end: DurableEnd;
  /** Base of the segment to begin when there is none to write in. */
  #wanted: number;
  #index = new SparseIndex();

  constructor(options: TailOptions, fd: number, end: DurableEnd) {
    this.#options = options;
    this.#fd = fd;
    this.#end = end;
    this.#wanted = end.offset;
  }

  /** Offset of the next record. */
  get next(): number {
    return this.#fd === null ? this.#wanted : this.#end.offset;
  }

  get end(): DurableEnd {
    return this.#end;
  }

  /** False after a failure that left no segment to write in; `put` and `mend` try again. */
  get usable(): boolean {
    return this.#fd !== null;
  }

  /** Makes the records from `this.next` up to before `behind` durable, or throws PutFailure. */
  async put(bytes: Buffer, length: number, behind: number): Promise<void> {
    await this.#ready().catch((cause) => {
      throw new PutFailure(true, cause);
    });
    const { disk } = this.#options;
    const { base, bytes: at, offset } = this.#end;
    try {
      await writeAll(disk, this.#fd!, bytes, length, at);
    } catch (cause) {
      throw await this.#cut(cause, behind);
    }
    try {
      await disk.sync(this.#fd!);
    } catch (cause) {
      throw await this.#abandon(cause, behind);
    }
    this.#index.add(offset, at);
    this.#moved({ offset: behind, base, bytes: at + length });
  }

  /** Begins a new segment, so that retention can delete the one before. */
  async roll(): Promise<void> {
    if (this.#end.bytes > HEADER) await this.#begin(this.#end.offset);
  }

  /** Tries to get a segment to write in. */
  async mend(): Promise<void> {
    if (this.#fd === null) await this.#begin(this.#wanted);
  }

  async close(): Promise<void> {
    if (this.#fd !== null) await this.#options.disk.close(this.#fd);
    this.#fd = null;
  }

  async #ready(): Promise<void> {
    if (this.#fd === null) await this.#begin(this.#wanted);
    else if (this.#end.bytes >= this.#options.segmentBytes) await this.roll();
  }

  async #begin(base: number): Promise<void> {
    const { disk, folder } = this.#options;
    const fd = await createSegment(disk, folder, base);
    if (this.#fd !== null) await disk.close(this.#fd);
    await this.#index.save(folder, this.#end.base).catch(() => {});
    this.#index = new SparseIndex();
    this.#fd = fd;
    this.#moved({ offset: base, base, bytes: HEADER });
  }

  /** After a failed write. Nothing failed to sync, so the same file can be cut, synced and used on. */
  async #cut(cause: unknown, behind: number): Promise<PutFailure> {
    const { disk } = this.#options;
    try {
      await disk.truncate(this.#fd!, this.#end.bytes);
      await disk.sync(this.#fd!);
      return new PutFailure(true, cause);
    } catch {
      return this.#abandon(cause, behind);
    }
  }

  /**
   * After a failed sync. The kernel may have thrown the pages away and call them clean: a second sync would lie.
   * The file is cut and left; a new segment from the durable end on makes its remains dead, for ever (or takes its
   * name, where it held no record: then nobody has it open). Where even
   * the cut fails, the new segment begins behind the records, which stay or not: nobody can know.
   */
  async #abandon(cause: unknown, behind: number): Promise<PutFailure> {
    const { disk } = this.#options;
    const fd = this.#fd!;
    this.#fd = null;
    const isCut = await disk.truncate(fd, this.#end.bytes).then(
      () => true,
      () => false,
    );
    await disk.close(fd).catch(() => {});
    this.#wanted = isCut ? this.#end.offset : behind;
    try {
      await this.mend();
      return new PutFailure(isCut, cause);
    } catch {
      return new PutFailure(false, cause);
    }
  }

  #moved(end: DurableEnd): void {
    this.#end = end;
    this.#options.onEnd(end);
  }
}
