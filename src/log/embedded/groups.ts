import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { StargateError } from '../../errors.js';
import type { Commits } from '../consumer.js';
import type { Position } from '../port.js';
import { createFile, type Disk, isMissing, makeFolder, replaceFile } from './disk.js';
import { acquire, type Lock } from './lock.js';

/**
 * Consumer groups: a folder each, `groups/NAME`, with the owner's lock and the file `positions.G`, written only
 * by the owner of generation G. A new owner copies the highest file under its own number. So a commit by an owner
 * that was taken for dead changes only a file that nobody reads again, and it learns so from the newer lock.
 */
interface Committed {
  readonly at: Position;
  readonly saved: string;
}
type Positions = Map<number, Committed>;

const FORMAT = 1;
const NAME = /^positions\.(\d+)$/;

const encodeName = (group: string): string =>
  // Dots too: '..' is a group's name, not the folder above.
  encodeURIComponent(group).replace(/[.*'()!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

async function generations(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? -1)).sort((a, b) => b - a);
}

/** Positions of the highest generation in the group's folder; null when the group was never registered. */
async function load(folder: string): Promise<Positions | null> {
  for (;;) {
    const highest = (await generations(folder))[0] ?? -1;
    if (highest < 0) return null;
    try {
      return parse(await readFile(fileOf(folder, highest), 'utf8'), folder);
    } catch (error) {
      // A new owner has just replaced it by a higher one.
      if (!isMissing(error)) throw error;
    }
  }
}

function parse(text: string, folder: string): Positions {
  try {
    const { format, positions } = JSON.parse(text);
    if (format > FORMAT) throw new StargateError('STG_LOG_VERSION', { got: `format ${format} in ${folder}` });
    return new Map(Object.entries<Committed>(positions).map(([partition, c]) => [Number(partition), c]));
  } catch (cause) {
    if (cause instanceof StargateError) throw cause;
    // To begin anew in silence would write every row a second time.
    throw new StargateError('STG_LOG_CORRUPT', {
      message: 'The positions of a consumer group cannot be read.',
      ...{ got: folder, cause, next: 'Restore that folder, or choose another name with --group.' },
    });
  }
}

const fileOf = (folder: string, generation: number): string => join(folder, `positions.${generation}`);
const bytesOf = (positions: Positions): Buffer =>
  Buffer.from(JSON.stringify({ format: FORMAT, positions: Object.fromEntries(positions) }));

export class Groups {
  readonly #disk: Disk;
  readonly #folder: string;

  constructor(disk: Disk, log: string) {
    this.#disk = disk;
    this.#folder = join(log, 'groups');
  }

  /** From now on retention keeps what the group has not committed. */
  async register(group: string): Promise<void> {
    const folder = await this.#make(group);
    if ((await load(folder)) === null) await createFile(this.#disk, fileOf(folder, 0), bytesOf(new Map()));
  }

  /** Committed positions, by partition; null when the group is not registered. */
  positions(group: string): Promise<ReadonlyMap<number, Committed> | null> {
    return load(join(this.#folder, encodeName(group)));
  }

  /** The lowest position that a registered group still needs: Infinity without groups, 0 before its commit. */
  async lowest(partition: number): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    const all = await Promise.all(names.map((name) => load(join(this.#folder, name))));
    const needed = all.flatMap((positions) => (positions ? [positions.get(partition)?.at ?? 0] : []));
    return Math.min(Number.POSITIVE_INFINITY, ...needed);
  }

  /** Makes this process the group's one consumer, or throws STG_GROUP_LOCKED. */
  async own(group: string): Promise<Commits> {
    const folder = await this.#make(group);
    const lock = await acquire(folder, 'STG_GROUP_LOCKED');
    return this.#take(folder, lock).catch(async (error) => {
      // Kept, it would keep this process itself from another try.
      await lock.release();
      throw error;
    });
  }

  async #take(folder: string, lock: Lock): Promise<Commits> {
    const positions = (await load(folder)) ?? new Map();
    await replaceFile(this.#disk, fileOf(folder, lock.generation), bytesOf(positions));
    const old = (await generations(folder)).filter((generation) => generation < lock.generation);
    await Promise.all(old.map((generation) => unlink(fileOf(folder, generation)).catch(() => {})));
    return new OwnedGroup(this.#disk, folder, lock, positions);
  }

  async #make(group: string): Promise<string> {
    const folder = join(this.#folder, encodeName(group));
    await makeFolder(this.#disk, folder);
    return folder;
  }
}

/** Commits of the owner. What is committed while a file is being written goes into the next one together. */
class OwnedGroup implements Commits {
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #lock: Lock;
  /** Durable positions; `#wanted` are those of commits called since. */
  #positions: Positions;
  #wanted: Positions = new Map();
  #saving: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(disk: Disk, folder: string, lock: Lock, positions: Positions) {
    this.#disk = disk;
    this.#folder = folder;
    this.#lock = lock;
    this.#positions = positions;
  }

  committed(partition: number): Committed | null {
    return this.#positions.get(partition) ?? null;
  }

  commit(partition: number, at: Position, saved: string): Promise<void> {
    this.#wanted.set(partition, { at, saved });
    if (this.#next === null) {
      this.#next = this.#saving.then(() => this.#save());
      this.#saving = this.#next.catch(() => {});
    }
    return this.#next;
  }

  async #save(): Promise<void> {
    this.#next = null;
    const positions = new Map([...this.#positions, ...this.#wanted]);
    this.#wanted = new Map();
    const file = fileOf(this.#folder, this.#lock.generation);
    const isOurs = await replaceFile(this.#disk, file, bytesOf(positions))
      .then(() => this.#lock.isHeld())
      .catch((cause) => {
        throw new StargateError('STG_LOG_WRITE', { message: 'A position could not be committed.', cause });
      });
    if (!isOurs) {
      throw new StargateError('STG_LOG_FENCED', {
        got: `a commit in ${this.#folder}, which has a new owner`,
      });
    }
    this.#positions = positions;
  }

  async release(): Promise<void> {
    await this.#saving;
    await this.#lock.release();
  }
}
