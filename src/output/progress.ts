import type { Style } from './style.js';

/** Work that takes a while, shown on stderr only. End it with exactly one of succeed, fail and stop. */
export interface Progress {
  update(text: string): void;
  succeed(text?: string): void;
  fail(text?: string): void;
  stop(): void;
}

/** A line now and then: for pipes, files and CI. */
export function plainProgress(
  first: string,
  line: (text: string) => void,
  style: Style,
  every = 5000,
  now: () => number = () => performance.now(),
): Progress {
  let text = first;
  let last = now();
  line(first);
  return {
    update(next) {
      text = next;
      if (now() - last < every) return;
      last = now();
      line(next);
    },
    succeed: (end = text) => line(`${style.good(style.symbols.ok)} ${end}`),
    fail: (end = text) => line(`${style.bad(style.symbols.bad)} ${end}`),
    stop() {},
  };
}

/** A spinner on a terminal. Loaded when first needed: most commands never show one. */
export async function spinner(
  first: string,
  line: (text: string) => void,
  style: Style,
  stream: NodeJS.WriteStream,
): Promise<Progress> {
  const { default: ora } = await import('ora');
  const spin = ora({
    text: first,
    stream,
    color: style.colour ? 'cyan' : false,
    spinner: style.symbols.ok === 'ok' ? 'line' : 'dots',
    // Ctrl-C must reach our handler, and typed text must not be swallowed.
    discardStdin: false,
  }).start();
  const end = (mark: string, text: string) => {
    spin.stop();
    line(`${mark} ${text}`);
  };
  return {
    update(text) {
      spin.text = text;
    },
    succeed: (text = spin.text) => end(style.good(style.symbols.ok), text),
    fail: (text = spin.text) => end(style.bad(style.symbols.bad), text),
    stop: () => spin.stop(),
  };
}
