/**
 * Makes any value a bounded JSON tree (events.md §3). Runs in the tracker on what a page pushed, and again on
 * the server on what anybody sent; so: no imports, no API younger than ES2017, and nothing here ever throws.
 */
export interface SanitiseLimits {
  /** Levels of objects and arrays; the root is the first. */
  readonly depth: number;
  /** Keys of one object. */
  readonly keys: number;
  /** Items of one array. */
  readonly items: number;
  /** UTF-8 bytes of one string. */
  readonly string: number;
  /** Bytes of the whole as JSON text. */
  readonly total: number;
}

export interface Sanitised {
  readonly value: unknown;
  /** JSON pointers to what lost something: a string its end, a container its last members, a member itself. */
  readonly truncated: string[];
  /** What was replaced and is not told by the value itself, as `POINTER: TEXT`. */
  readonly notes: string[];
}

export const LIMITS: SanitiseLimits = { depth: 10, keys: 500, items: 200, string: 8192, total: 49152 };

const MAX_REPORTS = 50;
const MAX_POINTER = 512;
const UNSAFE = /^(__proto__|constructor|prototype)$/;
const BROKEN = /[\uD800-\uDBFF][\uDC00-\uDFFF]|[\0\uD800-\uDFFF]/g;

const mend = (text: string): string => text.replace(BROKEN, (found) => (found[1] ? found : '\uFFFD'));
/** White space becomes `glue`; 64 characters at most, and no more of a long text is looked at than may matter. */
const brief = (text: string, glue: string): string =>
  Array.from(text.slice(0, 4096).trim().replace(/\s+/g, glue)).slice(0, 64).join('');

/** True for object literals of any realm: DOM things, dates and class instances have a longer chain. */
function isPlain(value: object): boolean {
  const parent = Object.getPrototypeOf(value);
  return !parent || !Object.getPrototypeOf(parent);
}

type Bag = Record<string, unknown>;

interface ElementLike {
  readonly nodeName: string;
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
}

/** `{"$el":"a#id.class","text":…}`; attributes are asked for by name, because form fields can hide properties. */
function describeElement(node: ElementLike): unknown {
  const id = node.getAttribute('id');
  const name = node.nodeName.toLowerCase() + (id ? `#${id}` : '');
  return {
    $el: brief(`${name} ${node.getAttribute('class') || ''}`, '.'),
    text: brief(node.textContent!, ' '),
  };
}

/** What stands in for an object that is not a literal: its data where it has some, undefined to drop it. */
function unwrap(value: object, most: number): unknown {
  const kind = Object.prototype.toString.call(value);
  const { nodeType, window } = value as { nodeType?: unknown; window?: unknown };
  if (nodeType) return nodeType === 1 ? describeElement(value as ElementLike) : undefined;
  if (window === value || /Event]/.test(kind)) return undefined;
  if (/ Date]/.test(kind)) return Number.isFinite(+(value as Date)) ? (value as Date).toISOString() : null;
  if (/ File]/.test(kind)) return (value as { name?: unknown }).name;
  if (/ (String|Number|Boolean)]/.test(kind)) return value.valueOf();
  if (!/ (Map|Set)]/.test(kind) && !ArrayBuffer.isView(value)) return value;
  const list: unknown[] = [];
  for (const item of value as Set<unknown>) if (list.push(item) > most) break;
  return list;
}

/**
 * A copy of `input` that is plain JSON within `limits`; nothing of the page is kept by reference. What does not
 * fit into the total is left out, while later, smaller members may still fit. Sanitising the result again
 * changes nothing.
 */
export function sanitise(input: unknown, limits: SanitiseLimits = LIMITS): Sanitised {
  const truncated: string[] = [];
  const notes: string[] = [];
  const path: string[] = [];
  const parents: unknown[] = [];
  let room = limits.total;
  let lost = 0;

  function report(list: string[], text = ''): void {
    const pointer = path.map((key) => `/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`).join('');
    if (list.length < MAX_REPORTS) list.push(mend(pointer.slice(0, MAX_POINTER)) + text);
  }

  /** Counts UTF-8 bytes against `max` and JSON bytes against the total, in one pass. */
  function clean(text: string, max = limits.string): string {
    let at = 0;
    room -= 2;
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      const isPair = unit >> 10 === 54 && text.charCodeAt(at + 1) >> 10 === 55;
      const width = isPair ? 4 : unit > 2047 || !unit ? 3 : unit > 127 ? 2 : 1;
      if (max < width) {
        report(truncated);
        break;
      }
      max -= width;
      room -= unit === 34 || unit === 92 ? 2 : unit && unit < 32 ? 6 : width;
      at += isPair ? 2 : 1;
    }
    const cut = text.slice(0, at);
    const mended = mend(cut);
    if (mended !== cut) report(notes, ': characters replaced');
    return mended;
  }

  function walk(value: unknown): unknown {
    const type = typeof value;
    if (type === 'string' || type === 'bigint') return clean(`${value}`);
    if (type === 'object' && value) return visit(value);
    if (type === 'number' && !Number.isFinite(value)) {
      report(notes, ': not a finite number');
      value = null;
    }
    if (value !== null && type !== 'number' && type !== 'boolean') return undefined;
    room -= `${value}`.length;
    return value;
  }

  function visit(value: object): unknown {
    if (parents.indexOf(value) >= 0) return clean('[Circular]');
    const data = Array.isArray(value) || isPlain(value) ? value : unwrap(value, limits.items);
    if (!data || typeof data !== 'object') return walk(data);
    if (parents.length === limits.depth) return report(truncated);
    room -= 2;
    if (room < 0) return undefined;
    parents.push(value);
    const copy = members(data as Bag);
    parents.pop();
    return copy;
  }

  function members(data: Bag): Bag {
    const isList = Array.isArray(data);
    const copy = (isList ? [] : {}) as Bag;
    const keys: ArrayLike<unknown> = isList ? data : Object.keys(data);
    const most = isList ? limits.items : limits.keys;
    const lostBefore = lost;
    let at = 0;
    // A list ends where something did not fit: places count in it, and half an item is worth little.
    for (; at < keys.length && at < most && !(isList && lost > lostBefore); at++) {
      const key = isList ? `${at}` : (keys[at] as string);
      if (!UNSAFE.test(key)) member(data, copy, key, isList);
    }
    if (at < keys.length) report(truncated);
    return copy;
  }

  /** Copies one member, or takes it back where the total has no room for it. */
  function member(data: Bag, copy: Bag, key: string, isList: boolean): void {
    const before = room;
    const level = parents.length;
    path.push(key);
    const name = isList ? key : clean(key, limits.total);
    room -= 2;
    const left = room;
    let inner: unknown;
    try {
      if (room >= 0) inner = walk(data[key]);
    } catch {
      parents.length = level;
      room = left;
      inner = clean('[Error]');
    }
    if (isList && inner === undefined) inner = walk(null);
    if (room < 0) {
      lost++;
      report(truncated);
      inner = undefined;
    }
    if (inner === undefined) room = before;
    else copy[name] = inner;
    path.pop();
  }

  let value: unknown = '[Error]';
  try {
    value = walk(input);
    // Nothing around a lone text could leave it out.
    if (room < 0) {
      report(truncated);
      value = null;
    }
  } catch {
    // Only what cannot even be looked at, such as a revoked proxy, ends here.
  }
  return { value, truncated, notes };
}

/**
 * The same for what came out of JSON.parse: a tree with nothing to change, as nearly every one is, is returned as
 * it is, not copied.
 */
export function sanitiseParsed(input: unknown, limits: SanitiseLimits = LIMITS): Sanitised {
  const isClean = isCleanTree(input, 1, limits, { room: limits.total });
  return isClean ? { value: input, truncated: [], notes: [] } : sanitise(input, limits);
}

interface Budget {
  room: number;
}

/** Decides by upper bounds, so that a doubtful tree takes the long way and never the other way round. */
function isCleanTree(value: unknown, level: number, limits: SanitiseLimits, budget: Budget): boolean {
  if (typeof value === 'string') return value.length * 3 <= limits.string && isCleanText(value, budget);
  budget.room -= 26;
  if (budget.room < 0) return false;
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value !== 'object' || level > limits.depth) return false;
  if (Array.isArray(value)) {
    if (value.length > limits.items) return false;
    for (const item of value) if (!isCleanTree(item, level + 1, limits, budget)) return false;
    return true;
  }
  let keys = 0;
  for (const key in value) {
    if (++keys > limits.keys || !isCleanKey(key, budget)) return false;
    if (!isCleanTree((value as Bag)[key], level + 1, limits, budget)) return false;
  }
  return true;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const DOUBTFUL = /[\0-\x1f\uD800-\uDFFF]/;

/** Three bytes a unit cover everything but control characters, which may need six. */
function isCleanText(text: string, budget: Budget): boolean {
  budget.room -= 3 * text.length + 4;
  return (!DOUBTFUL.test(text) || isMended(text, budget)) && budget.room >= 0;
}

function isMended(text: string, budget: Budget): boolean {
  budget.room -= 3 * text.length;
  return !text.includes('\0') && mend(text) === text;
}

/** Sites use the same few keys for ever: those that were looked at once, within bounds. */
let cleanKeys = new Set<string>();
const MAX_CLEAN_KEYS = 4096;

function isCleanKey(key: string, budget: Budget): boolean {
  if (cleanKeys.has(key)) {
    budget.room -= 3 * key.length + 4;
    return budget.room >= 0;
  }
  if (UNSAFE.test(key) || DOUBTFUL.test(key) || !isCleanText(key, budget)) return false;
  if (cleanKeys.size >= MAX_CLEAN_KEYS) cleanKeys = new Set();
  if (key.length <= 64) cleanKeys.add(key);
  return true;
}
