/** `dev`, `serve` and `worker` over the embedded log, in a folder of their own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sizeAt } from '../../../src/log/embedded/codec.js';
import { HEADER, listSegments, segmentName } from '../../../src/log/embedded/segment.js';
import { type Generator, judge, type Verdict } from '../../helpers/ledger.js';
import { endAll, type Running, start } from '../../helpers/running.js';
import { ask } from './warehouse.js';

const SOURCE = { id: 'dev', kind: 'browser', key: 'dev', origins: ['https://shop.example'] };

export class Embedded {
  readonly folder = mkdtempSync(join(tmpdir(), 'stargate-embedded-'));
  readonly #bin: string | undefined;
  readonly #log = `embedded:${join(this.folder, 'log')}`;
  readonly #file = join(this.folder, 'warehouse.duckdb');

  /** `bin`: another build than this checkout's. */
  constructor(bin?: string) {
    this.#bin = bin;
    writeFileSync(join(this.folder, 'stargate.json'), JSON.stringify({ sources: [SOURCE] }));
  }

  dev(): Promise<Running> {
    return this.#start(['dev', '--port', '0', '--data', this.folder]);
  }

  serve(): Promise<Running> {
    const flags = ['--port', '0', '--admin-port', 'off', '--workers', '1', '--drain-wait', '0'];
    return this.#start(['serve', ...flags, '--log', this.#log]);
  }

  worker(): Promise<Running> {
    const flags = ['--admin-port', '0', '--warehouse', `duckdb:${this.#file}`];
    return this.#start(['worker', ...flags, '--log', this.#log]);
  }

  #start(args: readonly string[]): Promise<Running> {
    return start(args, { cwd: this.folder, ...(this.#bin && { script: this.#bin }) });
  }

  /** Polls until the rows hold everything acknowledged, or so many ms have passed; then judges. */
  async verdict(load: Generator, ms = 30_000): Promise<Verdict> {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = judge(load.ledger, await this.#stored());
      if (found.lost.length === 0 || Date.now() > deadline) return found;
      await sleep(200);
    }
  }

  async #stored(): Promise<Map<string, number>> {
    const sql = 'SELECT event_id, count(*) AS n FROM events GROUP BY event_id';
    return new Map((await ask(this.#file, sql)).map(({ event_id, n }) => [String(event_id), Number(n)]));
  }

  /**
   * What a power cut can leave behind the last record, while nobody writes: the next one, of which a page is that of
   * another. `change` makes that page of its value.
   */
  async tear(change: (value: string) => string): Promise<void> {
    const folder = join(this.folder, 'log', '00000');
    const path = join(folder, segmentName((await listSegments(folder)).at(-1)!));
    const bytes = readFileSync(path);
    let [at, next] = [HEADER, HEADER];
    for (let size = sizeAt(bytes, at, bytes.length); size > 0; size = sizeAt(bytes, next, bytes.length)) {
      at = next;
      next += size;
    }
    const torn = Buffer.from(change(bytes.subarray(at, next).toString('latin1')), 'latin1');
    torn.writeUInt32LE(bytes.readUInt32LE(at + 8) + 1, 8);
    writeFileSync(path, Buffer.concat([bytes.subarray(0, next), torn]));
  }

  async close(): Promise<void> {
    await endAll();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
