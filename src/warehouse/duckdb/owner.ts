import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What `FILE.owner.json` says: who has the file open, and where it answers queries on loopback. */
export interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same id. */
  readonly started: string;
  readonly port: number;
  readonly token: string;
}

const ownerFile = (file: string): string => `${file}.owner.json`;

/** Writes the owner file, whole or not at all, readable by this user only. */
export async function publishOwner(file: string, port: number): Promise<Owner> {
  const owner: Owner = {
    pid: process.pid,
    started: (await processStart(process.pid)) ?? '',
    port,
    token: randomBytes(32).toString('base64url'),
  };
  const draft = `${ownerFile(file)}.${process.pid}.tmp`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(owner)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, ownerFile(file));
  return owner;
}

export const removeOwner = (file: string): Promise<void> => rm(ownerFile(file), { force: true });

/** The live owner of the file, or null: none, not readable as one, or its process is gone. */
export async function liveOwner(file: string): Promise<Owner | null> {
  const owner = await readOwner(file);
  if (owner === null) return null;
  const started = await processStart(owner.pid);
  return started !== null && started === owner.started ? owner : null;
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    const value = JSON.parse(await readFile(ownerFile(file), 'utf8')) as Partial<Owner>;
    const whole =
      Number.isSafeInteger(value.pid) &&
      Number.isSafeInteger(value.port) &&
      typeof value.token === 'string' &&
      typeof value.started === 'string';
    return whole ? (value as Owner) : null;
  } catch {
    return null;
  }
}

/** When the process started, in the system's own words; null when there is no such process. */
async function processStart(pid: number): Promise<string | null> {
  try {
    // Field 22, counted behind the command's name, which may itself hold spaces and brackets.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Dead, and only waiting for its parent to notice.
    return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
  } catch {
    return process.platform === 'linux' ? null : startByPs(pid);
  }
}

async function startByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}
