/**
 * The ledger on disk: what was about to be sent is in the file, synced, before it is sent; the answer is there before
 * the next event of that sender. Whatever dies, the test process included, the file says what was promised.
 */
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export class LedgerFile {
  readonly #file: FileHandle;
  #lines = '';
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<LedgerFile> {
    return new LedgerFile(await open(path, 'wx'));
  }

  /** Resolves when the line is on disk. All that is noted while a sync runs share the next one. */
  note(line: string): Promise<void> {
    this.#lines += `${line}\n`;
    if (this.#next === null) {
      this.#next = this.#last.then(() => this.#sync());
      this.#last = this.#next;
    }
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }

  async #sync(): Promise<void> {
    const lines = this.#lines;
    this.#lines = '';
    this.#next = null;
    await this.#file.appendFile(lines);
    await this.#file.datasync();
  }
}

/** What the checker goes by. */
export interface Ledger {
  readonly sent: Set<string>;
  readonly acknowledged: Set<string>;
  /** Answers by status; 0 stands for a connection that broke. */
  readonly answers: Map<number, number>;
}

export const emptyLedger = (): Ledger => ({ sent: new Set(), acknowledged: new Set(), answers: new Map() });

/** A line is `sent` or a status, the time in ms since 1970, and ids. */
export function readLedger(path: string): Ledger {
  const ledger = emptyLedger();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [what, , ...ids] = line.split(' ');
    if (what === '') continue;
    if (what === 'sent') for (const id of ids) ledger.sent.add(id);
    else answered(ledger, Number(what), ids);
  }
  return ledger;
}

export function answered(ledger: Ledger, status: number, ids: readonly string[]): void {
  ledger.answers.set(status, (ledger.answers.get(status) ?? 0) + 1);
  if (status === 202) for (const id of ids) ledger.acknowledged.add(id);
}
