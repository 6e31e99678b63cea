import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, StargateError } from '../../errors.js';
import { type Identity, isAlive, self } from '../identity.js';
import { isMissing } from './disk.js';

/**
 * Ownership of a folder: the file `owner.G` with the highest G names the owner. G grows with each owner and
 * is never used twice, so G is a fence too. A new owner makes its file by an exclusive link, which never
 * shows half a file; nobody ever removes a stale file to take its name, which is where two takers would collide.
 */
export interface Lock {
  /** Grows with each owner of the folder. */
  readonly generation: number;
  /** False as soon as somebody else has taken the folder, which a paused container can meet. */
  isHeld(): Promise<boolean>;
  /** Rejects never: where it cannot be written down, this process alone can take the folder before it ends. */
  release(): Promise<void>;
}

const NAME = /^owner\.(\d+)$/;
const fileOf = (folder: string, generation: number): string => join(folder, `owner.${generation}`);

/** Files that name this process although it has let go: a full disk, or no free descriptor, kept it from saying so. */
const letGo = new Set<string>();

async function generations(folder: string): Promise<number[]> {
  const found = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []);
  return found.map(Number).sort((a, b) => b - a);
}

/** The owner named in the file; null when it has released the folder, or the file is gone or damaged. */
async function ownerIn(path: string): Promise<Identity | null> {
  try {
    const owner: Identity | { released: true } = JSON.parse(await readFile(path, 'utf8'));
    return 'pid' in owner ? owner : null;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The living process that owns the folder, or null. */
export async function ownerOf(folder: string): Promise<Identity | null> {
  const [highest] = await generations(folder);
  const owner = highest === undefined ? null : await ownerIn(fileOf(folder, highest));
  return owner && isAlive(owner) ? owner : null;
}

/** Makes the file whole and at once; false when the name is taken. */
async function claim(folder: string, generation: number): Promise<boolean> {
  const draft = join(folder, `draft-${randomUUID()}`);
  try {
    await writeFile(draft, JSON.stringify(self()), { mode: 0o600 });
    await link(draft, fileOf(folder, generation));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => {});
  }
}

/** Takes the folder, or throws `code` when a living process owns it. */
export async function acquire(folder: string, code: ErrorCode): Promise<Lock> {
  for (;;) {
    const highest = (await generations(folder))[0] ?? 0;
    const owner = highest > 0 ? await ownerIn(fileOf(folder, highest)) : null;
    if (owner && isAlive(owner) && !letGo.has(fileOf(folder, highest))) {
      throw new StargateError(code, { expected: `nobody else in ${folder}`, got: `process ${owner.pid}` });
    }
    const generation = highest + 1;
    if (!(await claim(folder, generation))) continue;
    // While we looked, others may have come, gone, and cleared lower names away: only the highest counts.
    const all = await generations(folder);
    if (all[0] === generation) {
      await Promise.all(all.slice(1).map((old) => unlink(fileOf(folder, old)).catch(() => {})));
      return held(folder, generation);
    }
    await unlink(fileOf(folder, generation)).catch(() => {});
  }
}

function held(folder: string, generation: number): Lock {
  const path = fileOf(folder, generation);
  letGo.delete(path);
  return {
    generation,
    isHeld: async () => (await generations(folder))[0] === generation,
    // The name stays, so that the next generation is higher.
    release: () => writeFile(path, JSON.stringify({ released: true })).catch(() => void letGo.add(path)),
  };
}
