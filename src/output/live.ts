/** A block of lines on a terminal that is painted over each time it changes. */
export interface Live {
  draw(lines: readonly string[]): void;
  /** Leaves the last block, or takes it away. */
  end(keep: boolean): void;
}

type Terminal = Pick<NodeJS.WriteStream, 'write'>;

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';
const CLEAR_LINE = '\u001b[2K';
const CLEAR_BELOW = '\u001b[J';

/** Lines must fit the terminal's width: one that wraps would be painted over in part only. */
export function liveBlock(stream: Terminal): Live {
  let height = 0;
  const up = () => (height > 0 ? `\u001b[${height}A\r` : '');
  return {
    draw(lines) {
      const text = lines.map((line) => `${CLEAR_LINE}${line}\n`).join('');
      // In one write, so that no half of it is ever seen.
      stream.write(`${HIDE}${up()}${text}${CLEAR_BELOW}`);
      height = lines.length;
    },
    end(keep) {
      stream.write(`${keep ? '' : `${up()}${CLEAR_BELOW}`}${SHOW}`);
      height = 0;
    },
  };
}
