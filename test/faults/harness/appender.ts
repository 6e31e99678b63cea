/** A process of the build that appends to a log of its own without pause, to be killed in the middle of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../helpers/running.js';

const CHILD = fileURLToPath(new URL('../../helpers/log-child.mjs', import.meta.url));

export class Appender {
  /** Text by position of what it said was stored. */
  readonly acknowledged = new Map<number, string>();
  readonly #process: ChildProcess;

  /** `life` makes its texts its own. */
  constructor(folder: string, life: number) {
    const args = [CHILD, 'append', folder, String(life)];
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = '';
    this.#process.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      // A line that the kill cut off is no acknowledgement that anybody has read.
      rest = lines.pop()!;
      for (const line of lines) {
        const [word, position, text] = line.split(' ');
        if (word === 'ack') this.acknowledged.set(Number(position), text!);
      }
    });
  }

  async killedAfter(acknowledgements: number): Promise<void> {
    try {
      await eventually(
        () => this.acknowledged.size > acknowledgements,
        () => `${acknowledgements} acknowledgements`,
      );
    } finally {
      const closed = once(this.#process, 'close');
      this.#process.kill('SIGKILL');
      await closed;
    }
  }
}

/** The text of a record as it was given, or null where its bytes are not whole. */
export function wholeText(value: Buffer): string | null {
  const [text, , again] = value.toString().split('|');
  return again === text ? text! : null;
}
