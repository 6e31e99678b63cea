/**
 * The primary of `serve --workers N`: N processes of the same command line, each with a slot, and so a partition,
 * of its own. One that dies is started again in its slot, later each time it dies young. The configuration is
 * read here and sent to them, so that a file which is broken meanwhile cannot keep one from starting again.
 */
import cluster, { type Worker as Child } from 'node:cluster';
import { type AddressInfo, createServer } from 'node:net';
import type { Config } from '../config/schema.js';
import { StargateError } from '../errors.js';
import type { Logger } from '../server/logger.js';
import { added, asText, lasting } from './aggregate.js';
import { type Ended, NOTHING, together } from './leaving.js';
import { type FromChild, type Metrics, type ToChild, unpacked } from './messages.js';

/** Environment name that tells a process its slot. */
export const SLOT_ENV = 'STARGATE_INTERNAL_SLOT';

const DELAY = { firstMs: 100, mostMs: 5_000, youngMs: 10_000 };
/** What a process may take to drain beyond --drain-wait. */
const CLOSE_MS = 25_000;
/** A process that is starting, or stuck, must not keep a scrape waiting. */
const SCRAPE_MS = 2_000;

/** How the end of all processes went. */
export interface AllEnded extends Ended {
  /** Processes that did not end by themselves. */
  readonly killed: number;
  /** Processes that ended without a last word, and with what they had under way. */
  readonly broken: number;
}

type Told = Extract<FromChild, { storing: unknown } | { metrics: unknown } | { ended: unknown }>;

interface Slot {
  readonly slot: number;
  child: Child | null;
  serving: boolean;
  storing: boolean;
  deaths: number;
  /** As last reported, for when the process is gone. */
  metrics: Metrics;
}

export class Supervisor {
  #config: Config;
  readonly #logger: Logger;
  readonly #nodeFlags: readonly string[];
  readonly #slots: readonly Slot[];
  readonly #scrapes = new Map<number, () => void>();
  #lastScrape = 0;
  #gone: Metrics = [];
  #url = '';
  #started = false;
  #closing = false;
  #restarts = 0;
  #ended = NOTHING;
  #killed = 0;
  #broken = 0;

  /** `nodeFlags`: what node is started with, beside its own arguments. */
  constructor(config: Config, processes: number, logger: Logger, nodeFlags: readonly string[]) {
    this.#config = config;
    this.#logger = logger;
    this.#nodeFlags = nodeFlags;
    this.#slots = Array.from({ length: processes }, (_, slot) => ({
      slot,
      child: null,
      serving: false,
      storing: true,
      deaths: 0,
      metrics: [],
    }));
  }

  /** Resolves to the URL when every process serves. When one cannot start, all end, and its error is thrown. */
  async start(): Promise<string> {
    const [first, ...others] = this.#slots as [Slot, ...Slot[]];
    cluster.setupPrimary({ execArgv: [...process.execArgv, ...this.#nodeFlags] });
    try {
      this.#config = { ...this.#config, port: await freePort(this.#config) };
      this.#url = await this.#fork(first);
      await Promise.all(others.map((slot) => this.#fork(slot)));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#started = true;
    for (const slot of this.#slots) if (slot.child === null) this.#restart(slot, 0);
    return this.#url;
  }

  health() {
    const serving = this.#slots.filter((slot) => slot.serving);
    const storing = serving.filter((slot) => slot.storing).length;
    const figures = { processes: this.#slots.length, serving: serving.length, storing };
    return { ready: !this.#closing && storing > 0, ...figures, restarts: this.#restarts };
  }

  /** Takes other sources into use in every process, and in those still to come. */
  replaceSources({ sources, allowedHosts }: Config): void {
    this.#config = { ...this.#config, sources, allowedHosts };
    for (const { child } of this.#slots) if (child) say(child, { config: this.#config });
  }

  /** Prometheus text of all processes together. */
  async metrics(): Promise<string> {
    await Promise.all(this.#slots.map((slot) => this.#scrape(slot)));
    return asText([this.#gone, ...this.#slots.map(({ metrics }) => metrics)]);
  }

  /** SIGTERM to all, SIGKILL to those that take too long. */
  async close(): Promise<AllEnded> {
    this.#closing = true;
    await Promise.all(this.#slots.map((slot) => this.#end(slot)));
    return { ...this.#ended, killed: this.#killed, broken: this.#broken };
  }

  /** Starts a process; resolves to its URL when it serves. */
  async #fork(slot: Slot): Promise<string> {
    const born = performance.now();
    let child: Child;
    try {
      child = cluster.fork({ [SLOT_ENV]: String(slot.slot) });
    } catch (cause) {
      // The system had no memory left, say: some of its refusals are told by an event, others are thrown.
      void this.#died(slot, 0, null, null);
      throw new StargateError('STG_PROCESS_FAILED', { got: (cause as Error).message, cause });
    }
    slot.child = child;
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromChild) => {
        if ('listening' in message) {
          say(child, { config: this.#config });
        } else if ('ready' in message) {
          Object.assign(slot, { serving: true, storing: true });
          resolve(message.ready);
        } else if ('failed' in message) {
          const error = unpacked(message.failed);
          if (slot.serving) this.#tellFailure(slot, error);
          reject(error);
        } else this.#note(slot, message);
      });
      let over = false;
      const ended = (code: number | null, signal: string | null, got: string): void => {
        if (over) return;
        over = true;
        reject(new StargateError('STG_PROCESS_FAILED', { got }));
        void this.#died(slot, performance.now() - born, code, signal);
      };
      child.once('exit', (code, signal) => ended(code, signal, `it ended with ${signal ?? code}`));
      // The system had no descriptor or no process left: it never ran, so it never exits.
      child.on('error', ({ message }) => child.process.pid === undefined && ended(null, null, message));
    });
  }

  /** What a process says that serves. */
  #note(slot: Slot, message: Told): void {
    if ('storing' in message) {
      slot.storing = message.storing;
    } else if ('metrics' in message) {
      slot.metrics = message.metrics;
      this.#scrapes.get(message.scrape)?.();
    } else {
      this.#ended = together(this.#ended, message.ended);
      slot.serving = false;
    }
  }

  async #died(slot: Slot, age: number, code: number | null, signal: string | null): Promise<void> {
    const { metrics, serving } = slot;
    // One that had something to lose has said how its end went.
    if (this.#closing && serving) this.#broken++;
    Object.assign(slot, { child: null, serving: false, metrics: [] });
    this.#gone = await added(this.#gone, lasting(metrics));
    if (this.#closing || !this.#started) return;
    slot.deaths = age < DELAY.youngMs ? slot.deaths + 1 : 1;
    const restartInMs = Math.min(DELAY.mostMs, DELAY.firstMs * 2 ** (slot.deaths - 1));
    this.#logger('process_died', { slot: slot.slot, code, signal, restartInMs });
    this.#restart(slot, restartInMs);
  }

  #restart(slot: Slot, delayMs: number): void {
    setTimeout(() => {
      if (this.#closing) return;
      this.#restarts++;
      this.#fork(slot).catch((error) => this.#tellFailure(slot, error));
    }, delayMs);
  }

  #tellFailure({ slot }: Slot, { code, message }: StargateError): void {
    this.#logger('process_failed', { slot, code, message });
  }

  /** Brings `slot.metrics` up to date, or leaves them as they are. */
  async #scrape({ child, serving }: Slot): Promise<void> {
    if (!child || !serving) return;
    const scrape = ++this.#lastScrape;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, SCRAPE_MS);
      const done = (): void => {
        clearTimeout(late);
        resolve();
      };
      this.#scrapes.set(scrape, done);
      say(child, { scrape }, done);
    });
    this.#scrapes.delete(scrape);
  }

  async #end(slot: Slot): Promise<void> {
    const { child } = slot;
    if (!child || child.isDead()) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.process.kill('SIGTERM');
    const late = setTimeout(() => {
      this.#killed++;
      slot.serving = false;
      child.process.kill('SIGKILL');
    }, this.#config.drainWait + CLOSE_MS);
    await gone;
    clearTimeout(late);
  }
}

/** Where any free port was asked for: one that stays the same for processes that are started again later. */
function freePort({ host, port }: Config): Promise<number> {
  if (port !== 0) return Promise.resolve(port);
  return new Promise((resolve) => {
    const server = createServer();
    // What is wrong with the host is told by the process that is to listen there.
    server.once('error', () => resolve(0));
    server.listen({ host, port }, () => {
      const free = (server.address() as AddressInfo).port;
      server.close(() => resolve(free));
    });
  });
}

/** A process that is gone hears nothing: its exit is told by an event of its own. */
function say(child: Child, message: ToChild, failed: () => void = () => {}): void {
  if (!child.isConnected()) failed();
  else child.send(message, (error) => error && failed());
}
