/**
 * A member's note of itself on this machine: its id, in a file beside a socket that its process listens on. The system
 * closes the socket when the process dies, however it dies, and that holds across containers which share the folder,
 * where process ids say nothing. So whoever starts here later knows the members that nobody is behind any more.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, relative } from 'node:path';
import { self } from '../identity.js';

/** A group of one cluster: a member's id means nothing elsewhere. */
export interface Place {
  readonly cluster: string;
  readonly group: string;
}

interface Noted extends Place {
  /** Names the run of the kernel: a folder can be shared with other machines, whose sockets nobody here can ask. */
  readonly boot: string;
  readonly member: string;
}

export interface DeadMember {
  readonly member: string;
  /** Removes the note. */
  forget(): Promise<void>;
}

const NAME = /^([0-9a-f]{16})\.json$/;
const MOST_BYTES = 4_096;
/** Notes looked at: more than workers on a machine, and an end for a folder that somebody has filled. */
const MOST_NOTES = 1_000;
/** Bytes of a socket's path that every system takes. */
const MOST_PATH = 103;

const filesOf = (folder: string, name: string) => ({
  note: join(folder, `${name}.json`),
  draft: join(folder, `${name}.new`),
  socket: join(folder, `${name}.sock`),
});
type Files = ReturnType<typeof filesOf>;

/** The note of one member, which may change its id. Trouble with the folder is told once, and never a failure. */
export class MemberNote {
  readonly #folder: string;
  readonly #place: Place;
  readonly #onWarning: (message: string) => void;
  readonly #files: Files;
  #server: Server | null = null;
  #member = '';
  #writing: Promise<void> = Promise.resolve();
  #warned = false;
  #ended = false;

  constructor(folder: string, place: Place, onWarning: (message: string) => void) {
    this.#folder = folder;
    this.#place = place;
    this.#onWarning = onWarning;
    this.#files = filesOf(folder, randomBytes(8).toString('hex'));
  }

  /** Resolves when the file names this member, or cannot. */
  write(member: string): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write(member)).catch((error: Error) => this.#warn(error));
    return this.#writing;
  }

  /** The process has nothing to do with the member any more. One that has not `left` stays noted, for the next start. */
  async end(left: boolean): Promise<void> {
    this.#ended = true;
    await this.#writing;
    if (left) await remove(this.#files);
    this.#server?.close();
    this.#server = null;
  }

  async #write(member: string): Promise<void> {
    if (member === this.#member || this.#ended) return;
    // Before the note: one without a socket is the note of a dead process.
    this.#server ??= await this.#listen();
    const noted: Noted = { ...this.#place, boot: self().boot, member };
    await writeFile(this.#files.draft, JSON.stringify(noted), { mode: 0o600 });
    await rename(this.#files.draft, this.#files.note);
    this.#member = member;
  }

  async #listen(): Promise<Server> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const server = createServer((caller) => caller.destroy());
    await new Promise<void>((resolve, reject) => {
      // Also for what comes later: nobody depends on being able to call.
      server.on('error', reject);
      server.listen({ path: socketPath(this.#files.socket), exclusive: true }, resolve);
    });
    return server.unref();
  }

  #warn({ message }: Error): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#onWarning(
      `the membership of group ${this.#place.group} could not be noted (${message}): should this process be killed, the next one waits until its session has ended`,
    );
  }
}

/** Members of the group whose processes have died on this machine. Rejects never: what cannot be read names nobody. */
export async function deadMembers(folder: string, place: Place): Promise<DeadMember[]> {
  const names = (await readdir(folder).catch(() => [])).flatMap((file) => NAME.exec(file)?.[1] ?? []);
  const looks = names.slice(0, MOST_NOTES).map((name) => look(filesOf(folder, name), place));
  return (await Promise.all(looks)).filter((dead) => dead !== null);
}

async function look(files: Files, { cluster, group }: Place): Promise<DeadMember | null> {
  const noted = await read(files.note).catch(() => null);
  if (await isHeld(files.socket).catch(() => true)) return null;
  const forget = (): Promise<void> => remove(files);
  // Nothing that ran before this start of the machine is still a member.
  if (noted?.boot !== self().boot) await forget();
  else if (noted.cluster === cluster && noted.group === group) return { member: noted.member, forget };
  return null;
}

/** What the file says; null where it is none of ours, or damaged. */
async function read(path: string): Promise<Noted | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > MOST_BYTES) return null;
    const noted = JSON.parse(await file.readFile('utf8')) as Partial<Record<keyof Noted, unknown>> | null;
    const texts = [noted?.boot, noted?.cluster, noted?.group, noted?.member];
    return texts.every((text) => typeof text === 'string') && noted?.member !== '' ? (noted as Noted) : null;
  } finally {
    await file.close();
  }
}

/** Whether a process listens there. Where that cannot be told one does: a living member is never evicted. */
function isHeld(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = connect(socketPath(socket));
    const tell = (held: boolean): void => {
      asking.destroy();
      resolve(held);
    };
    asking.once('connect', () => tell(true));
    asking.once('error', ({ code }: NodeJS.ErrnoException) =>
      tell(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}

/** The shorter of both ways to name it: the system takes about a hundred bytes. */
function socketPath(path: string): string {
  const near = relative(process.cwd(), path);
  const shorter = near.length < path.length ? near : path;
  if (Buffer.byteLength(shorter) > MOST_PATH) throw new Error(`the path is too long for a socket: ${path}`);
  return shorter;
}

async function remove({ note, draft, socket }: Files): Promise<void> {
  // The note goes first: without a socket it would be the note of a dead process.
  for (const file of [note, draft, socket]) await rm(file, { force: true }).catch(() => {});
}
