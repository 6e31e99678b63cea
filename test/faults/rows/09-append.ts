import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DurableEnd, EndReader } from '../../../src/log/embedded/end-file.js';
import { listSegments, segmentName } from '../../../src/log/embedded/segment.js';
import { openLog } from '../../../src/log/open.js';
import type { Batch, ConsumeHandlers } from '../../../src/log/port.js';
import { ensureBuilt } from '../../helpers/cli.js';
import { eventually } from '../../helpers/running.js';
import { Appender, wholeText } from '../harness/appender.js';
import { random } from '../harness/random.js';
import { row } from '../harness/row.js';

const LANES = 2;
const READ_MS = 300_000;

/**
 * A kill leaves what the system has taken of a write. The system may tear it further when the power goes, and a disk may
 * rot: after each second death half a record is put behind the end, after each fifth a bit of an old record is turned.
 */
export default row({
  number: '9a',
  title: 'SIGKILL of a process that appends',
  target: 'every acknowledged record back, torn tails cut, CRC errors counted',
  quick: { kills: 12 },
  full: { kills: 1_000 },
  run: async ({ kills }, { seed, say }) => {
    await ensureBuilt();
    const lanes = Array.from({ length: LANES }, (_, lane) => new Lane(seed + lane));
    try {
      await Promise.all(lanes.map((lane) => lane.live(kills / LANES, say)));
      const judged = await Promise.all(lanes.map((lane) => lane.judge()));
      const sum = (name: Exclude<keyof Verdict, 'warnings'>) =>
        judged.reduce((total, one) => total + one[name], 0);
      const names = [
        'acknowledged',
        'lost',
        'broken',
        'torn',
        'uncut',
        'turned',
        'reported',
        'kept',
      ] as const;
      const figures = Object.fromEntries(names.map((name) => [name, sum(name)]));
      const { acknowledged, lost, torn, uncut, turned, reported, kept } = figures;
      return {
        ok:
          acknowledged! > 100 * LANES &&
          lost! + figures.broken! + uncut! === 0 &&
          torn! > 0 &&
          turned === reported &&
          turned === kept,
        measured: `${kills} kills: ${lost} lost of ${acknowledged}; ${torn} torn tails, ${uncut} not cut; ${turned} CRC errors made, ${reported} reported, ${kept} kept aside`,
        figures: { ...figures, kills, warnings: judged.flatMap(({ warnings }) => warnings).slice(0, 5) },
      };
    } finally {
      for (const lane of lanes) lane.close();
    }
  },
});

interface Verdict {
  readonly acknowledged: number;
  readonly lost: number;
  /** Records whose text is not whole, or that stand there twice. */
  readonly broken: number;
  /** Deaths after which bytes stood behind the published end, and of those where they still do after a start. */
  readonly torn: number;
  readonly uncut: number;
  /** Records damaged on purpose, as counted by the log's warnings, and as files that it kept aside. */
  readonly turned: number;
  readonly reported: number;
  readonly kept: number;
  readonly warnings: readonly string[];
}

/** What was read: position and text of each record. */
class Texts implements ConsumeHandlers {
  readonly texts: (readonly [number, string | null])[] = [];

  get last(): number {
    return this.texts.at(-1)?.[0] ?? -1;
  }

  async onBatch({ records }: Batch): Promise<void> {
    for (const { position, value } of records) this.texts.push([position, wholeText(value)]);
  }

  async onAssigned(): Promise<void> {}
  async onRevoked(): Promise<void> {}
}

/** One log, and one process after another that appends to it. */
class Lane {
  readonly #root = mkdtempSync(join(tmpdir(), 'stargate-append-'));
  readonly #partition = join(this.#root, '00000');
  readonly #acknowledged = new Map<number, string>();
  /** Positions of records damaged on purpose. */
  readonly #turned = new Set<number>();
  readonly #draw: () => number;
  readonly #warnings: string[] = [];
  #torn = 0;
  #uncut = 0;

  constructor(seed: number) {
    this.#draw = random(seed);
  }

  async live(kills: number, say: (text: string) => void): Promise<void> {
    for (let life = 0; life < kills; life++) {
      const appender = new Appender(this.#root, life);
      await appender.killedAfter(Math.floor(this.#draw() * 400));
      for (const [position, text] of appender.acknowledged) this.#acknowledged.set(position, text);
      if (life % 2 === 1) await this.#tear();
      if (life % 5 === 4) await this.#turn([...appender.acknowledged]);
      await this.#open();
      if (life % 100 === 99) say(`${life + 1} kills`);
    }
  }

  async #newest(): Promise<string> {
    return join(this.#partition, segmentName((await listSegments(this.#partition)).at(-1)!));
  }

  /** How far the writer said that its log was durable, before it died. */
  #published(): DurableEnd {
    const reader = new EndReader(this.#partition);
    const { end } = reader.read()!;
    reader.close();
    return end;
  }

  /** Bytes of the newest segment behind the published end. */
  async #behind(): Promise<number> {
    const { base, bytes } = this.#published();
    const file = join(this.#partition, segmentName(base));
    return (await this.#newest()) === file ? statSync(file).size - bytes : 0;
  }

  /** The first half of a record, as a power cut leaves it. */
  async #tear(): Promise<void> {
    const file = await this.#newest();
    const record = readFileSync(file).subarray(32);
    if (record.length > 0)
      appendFileSync(file, record.subarray(0, Math.floor((8 + record.readUInt32LE(0)) / 2)));
  }

  /** One bit of an acknowledged record before the published end: behind it a start reports it, and a reader again. */
  async #turn(all: readonly (readonly [number, string])[]): Promise<void> {
    const { offset } = this.#published();
    const acknowledged = all.filter(([position]) => position < offset);
    const [position, text] = acknowledged[Math.floor(this.#draw() * acknowledged.length)]!;
    for (const base of await listSegments(this.#partition)) {
      const file = join(this.#partition, segmentName(base));
      const bytes = readFileSync(file);
      // Behind the length of no headers stands the value.
      const at = bytes.indexOf(Buffer.concat([Buffer.alloc(4), Buffer.from(`${text}|`)]));
      if (at < 0) continue;
      bytes[at + 5]! ^= 1;
      writeFileSync(file, bytes);
      this.#turned.add(position);
      return;
    }
  }

  /** A start, as of the next process: what is behind the end now was torn, and must be gone or be records. */
  async #open(): Promise<void> {
    if ((await this.#behind()) > 0) this.#torn++;
    const log = await openLog(`embedded:${this.#root}`, {
      role: 'both',
      onWarning: (text) => this.#warnings.push(text),
    });
    await log.close();
    if ((await this.#behind()) !== 0) this.#uncut++;
  }

  /** Position of the newest record that can be read. */
  #last(end: number): number {
    let last = end - 1;
    while (this.#turned.has(last)) last--;
    return last;
  }

  async judge(): Promise<Verdict> {
    const onWarning = (text: string) => this.#warnings.push(text);
    const log = await openLog(`embedded:${this.#root}`, { role: 'both', onWarning });
    const all = new Texts();
    try {
      // Of a group that has committed nothing: all there is.
      const end = (await log.lag('judge')).reduce((sum, { records }) => sum + records, 0);
      await log.consume('judge', all);
      await eventually(
        () => all.last >= this.#last(end),
        () => `all records up to ${this.#last(end)}, only up to ${all.last}`,
        undefined,
        READ_MS,
      );
    } finally {
      await log.close();
    }
    const { texts } = all;
    const found = new Map(texts);
    const whole = texts.flatMap(([, text]) => text ?? []);
    const due = [...this.#acknowledged].filter(([position]) => !this.#turned.has(position));
    return {
      acknowledged: this.#acknowledged.size,
      lost: due.filter(([position, text]) => found.get(position) !== text).length,
      broken: texts.length - new Set(whole).size,
      torn: this.#torn,
      uncut: this.#uncut,
      turned: this.#turned.size,
      reported: this.#warnings.reduce((sum, text) => sum + Number(/^(\d+) record/.exec(text)?.[1] ?? 0), 0),
      kept: readdirSync(this.#partition).includes('corrupt')
        ? readdirSync(join(this.#partition, 'corrupt')).length
        : 0,
      warnings: this.#warnings,
    };
  }

  close(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
