type Paint = (text: string) => string;

/** Colours by role, never by name, so that the meaning is chosen in one place (ANSI codes of the design). */
export interface Style {
  readonly colour: boolean;
  readonly accent: Paint;
  readonly good: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
  readonly symbols: Symbols;
}

export interface Symbols {
  readonly ok: string;
  readonly bad: string;
  readonly warn: string;
  readonly none: string;
  readonly pointer: string;
  readonly full: string;
  readonly light: string;
  readonly bar: string;
  readonly open: string;
  readonly close: string;
}

const UTF8: Symbols = {
  ok: '✓',
  bad: '✗',
  warn: '!',
  none: '–',
  pointer: '›',
  full: '█',
  light: '░',
  bar: '│',
  open: '“',
  close: '”',
};
const ASCII: Symbols = {
  ok: 'ok',
  bad: 'x',
  warn: '!',
  none: '-',
  pointer: '>',
  full: '#',
  light: '.',
  bar: '|',
  open: '"',
  close: '"',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Order: --no-color, NO_COLOR, FORCE_COLOR, TERM=dumb, then whether the stream is a terminal. */
export function wantsColour(env: Environment, isTTY: boolean, noColour = false): boolean {
  if (noColour || env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR);
  return env.TERM !== 'dumb' && isTTY;
}

/** What the locale promises. Windows terminals and macOS do not need to say so. */
export function speaksUtf8(env: Environment, platform: string): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale);
  return platform === 'darwin' || env.WT_SESSION !== undefined;
}

export function createStyle(colour: boolean, utf8: boolean): Style {
  const paint = (open: number, close: number): Paint =>
    colour ? (text) => `\u001b[${open}m${text}\u001b[${close}m` : (text) => text;
  return {
    colour,
    accent: paint(36, 39),
    good: paint(32, 39),
    warning: paint(33, 39),
    bad: paint(31, 39),
    dim: paint(90, 39),
    bold: paint(1, 22),
    symbols: utf8 ? UTF8 : ASCII,
  };
}
