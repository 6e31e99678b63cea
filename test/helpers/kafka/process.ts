import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { spawnTied } from '../tied.js';

const PATIENCE_MS = 90_000;

/** A Java process that says on stdout when it is ready. */
export class JavaProcess {
  readonly #args: readonly string[];
  readonly #folder: string;
  readonly #ready: RegExp;
  readonly #port: number;
  #child: ChildProcess | null = null;
  #starts = 0;

  constructor(args: readonly string[], folder: string, ready: RegExp, port: number) {
    this.#args = args;
    this.#folder = folder;
    this.#ready = ready;
    this.#port = port;
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error('the process does not run');
    return this.#child.pid;
  }

  /** What it printed since its last start. */
  get output(): string {
    return readFileSync(this.#outputFile, 'utf8');
  }
  get #outputFile(): string {
    return join(this.#folder, `out.${this.#starts}`);
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    this.#starts += 1;
    const child = spawnTied('java', this.#args, { cwd: this.#folder, out: this.#outputFile });
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    this.#child = child;
    const deadline = performance.now() + PATIENCE_MS;
    while (!this.#ready.test(this.output) || !(await answers(this.#port))) {
      if (this.#child !== child) throw new Error(`ended before it was ready:\n${this.output.slice(-3_000)}`);
      if (performance.now() > deadline) throw new Error(`not ready:\n${this.output.slice(-3_000)}`);
      await sleep(50);
    }
  }

  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }
  /** SIGTERM, as a rolling restart does it, and waits until it is gone. */
  term(): Promise<void> {
    return this.#end('SIGTERM');
  }
  /** SIGSTOP: alive for TCP, dead for everyone else. */
  stop(): void {
    this.#child?.kill('SIGSTOP');
  }
  cont(): void {
    this.#child?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });

/** Runs a Java program to its end; its output stands in the error when it fails. */
export const runJava = (args: readonly string[]): Promise<unknown> => promisify(execFile)('java', args);
