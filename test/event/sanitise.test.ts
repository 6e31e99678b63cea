import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { LIMITS, sanitise, sanitiseParsed } from '../../src/event/sanitise.js';

const result = (input: unknown) => sanitise(input).value;
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Stands in for what only browsers have: a prototype chain, and the properties that are looked at. */
class Node {
  readonly #attributes: Record<string, string>;
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  constructor(
    nodeType: number,
    nodeName: string,
    attributes: Record<string, string> = {},
    textContent: string | null = null,
  ) {
    this.nodeType = nodeType;
    this.nodeName = nodeName;
    this.#attributes = attributes;
    this.textContent = textContent;
  }
  get parentNode(): unknown {
    return this;
  }
  getAttribute(name: string): string | null {
    return this.#attributes[name] ?? null;
  }
}
class ClickEvent {
  readonly isTrusted = true;
  get [Symbol.toStringTag](): string {
    return 'PointerEvent';
  }
}
class Frame {
  readonly window = this;
}

describe('sanitise', () => {
  it.each<[string, unknown, unknown]>([
    ['plain JSON', { a: [1, 'x', null, true, { b: -0.5 }] }, { a: [1, 'x', null, true, { b: -0.5 }] }],
    ['functions, symbols and undefined', { a: () => 1, b: Symbol('x'), c: undefined, [Symbol('y')]: 1 }, {}],
    ['their places in a list', [() => 1, 1, undefined], [null, 1, null]],
    ['holes in a list', Object.assign([], { 2: 'x', length: 3 }), [null, null, 'x']],
    ['dates', [new Date(0), new Date(Number.NaN)], ['1970-01-01T00:00:00.000Z', null]],
    ['big integers', 2n ** 64n, '18446744073709551616'],
    ['maps and sets', [new Map([['k', 1]]), new Set(['v', 'v'])], [[['k', 1]], ['v']]],
    ['typed arrays', new Uint8Array([1, 2]), [1, 2]],
    ['boxed primitives', [Object('x'), Object(1), Object(false)], ['x', 1, false]],
    ['files', new File(['text'], 'cv.pdf'), 'cv.pdf'],
    [
      'elements',
      new Node(1, 'A', { id: 'buy', class: ' btn  btn-big ' }, '  Buy\n now '),
      { $el: 'a#buy.btn.btn-big', text: 'Buy now' },
    ],
    ['elements without id or class', new Node(1, 'DIV'), '[Error]'],
    ['documents and text nodes', { doc: new Node(9, '#document'), text: new Node(3, '#text') }, {}],
    ['events and windows', { event: new ClickEvent(), frame: new Frame() }, {}],
    [
      'JSON that looks like a node',
      { nodeType: 1, nodeName: 'A', window: 1 },
      { nodeType: 1, nodeName: 'A', window: 1 },
    ],
    [
      'class instances, by their own data',
      new (class {
        a = 1;
        get b() {
          return 2;
        }
      })(),
      { a: 1 },
    ],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'arguments of gtag',
      (function (..._: unknown[]) {
        // biome-ignore lint/complexity/noArguments: gtag pushes exactly this
        return arguments;
      })('consent', 'default'),
      { 0: 'consent', 1: 'default' },
    ],
    ['undefined itself', undefined, undefined],
  ])('keeps or turns %s', (_, input, expected) => {
    expect(result(input)).toEqual(expected);
  });

  it('never calls toJSON', () => {
    class Money {
      amount = 1;
      toJSON() {
        throw new Error('called');
      }
    }
    expect(result([new Money(), { toJSON: () => 'x', a: 1 }])).toEqual([{ amount: 1 }, { a: 1 }]);
  });

  it('tells cycles from siblings', () => {
    const shared = { a: 1 };
    const loop: Record<string, unknown> = { one: shared, two: [shared, shared] };
    loop.self = { loop };
    const map = new Map<string, unknown>();
    map.set('map', map);
    expect(result({ loop, map })).toEqual({
      loop: { one: { a: 1 }, two: [{ a: 1 }, { a: 1 }], self: { loop: '[Circular]' } },
      map: [['map', '[Circular]']],
    });
  });

  it('survives hostile objects', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const bomb = () => {
      throw new Error('no');
    };
    const traps = new Proxy({}, { ownKeys: bomb, get: bomb, getPrototypeOf: bomb });
    const endless: unknown = new Proxy(
      {},
      {
        ownKeys: () => ['a'],
        get: () => endless,
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      },
    );
    const growing = (): unknown =>
      new Proxy([], { get: (_, key) => (key === 'length' ? Number.NaN : growing()) });
    expect(
      result({
        proxy,
        traps,
        growing: growing(),
        get bad() {
          return bomb();
        },
        after: 1,
      }),
    ).toEqual({
      proxy: '[Error]',
      traps: '[Error]',
      growing: [],
      bad: '[Error]',
      after: 1,
    });
    expect(result(endless)).toEqual({ a: '[Circular]' });
    expect(result(proxy)).toBe('[Error]');
    expect(sanitise({ a: { b: proxy }, c: [1] }).value).toEqual({ a: { b: '[Error]' }, c: [1] });
  });

  it('goes on as before after an object that throws', () => {
    const bad = () =>
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no');
          },
        },
      );
    const nested = { a: { b: { c: { d: { e: 1 } } } } };
    expect(sanitise({ bad: Array.from({ length: 20 }, bad), nested })).toEqual({
      value: { bad: Array(20).fill('[Error]'), nested },
      truncated: [],
      notes: [],
    });
  });

  it('skips the three names that reach prototypes', () => {
    const input = JSON.parse('{"__proto__":{"polluted":1},"a":{"constructor":1,"prototype":2,"b":3}}');
    for (const run of [sanitise, sanitiseParsed]) {
      expect(JSON.stringify(run(input).value)).toBe('{"a":{"b":3}}');
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('notes what it replaced', () => {
    expect(sanitise({ a: 'x\0y\ud800', 'k/~\udc00': [Number.NaN, Number('1e400')], ok: '😀' })).toEqual({
      value: { a: 'x\ufffdy\ufffd', 'k/~\ufffd': [null, null], ok: '😀' },
      truncated: [],
      notes: [
        '/a: characters replaced',
        '/k~1~0\ufffd: characters replaced',
        '/k~1~0\ufffd/0: not a finite number',
        '/k~1~0\ufffd/1: not a finite number',
      ],
    });
  });

  it('copies: nothing of the input is in the result', () => {
    const input = { a: [{ b: 1 }] };
    const { value } = sanitise(input) as { value: typeof input };
    expect(value).not.toBe(input);
    expect(value.a[0]).not.toBe(input.a[0]);
  });
});

describe('the limits', () => {
  const nest = (levels: number): unknown => (levels === 0 ? 'leaf' : { a: nest(levels - 1) });

  it('cuts at depth 10', () => {
    expect(sanitise(nest(10)).truncated).toEqual([]);
    expect(JSON.stringify(sanitise(nest(10)).value)).toContain('leaf');
    const { value, truncated } = sanitise(nest(11));
    expect(truncated).toEqual(['/a'.repeat(10)]);
    expect(JSON.stringify(value)).toBe(`${'{"a":'.repeat(9)}{}${'}'.repeat(9)}`);
    expect(sanitise([[[[[[[[[[[1], 2]]]]]]]]]]).truncated).toEqual(['/0'.repeat(10)]);
  });

  it('cuts what was parsed at the same places', () => {
    const keys = Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`k${at}`, at]));
    for (const input of [
      nest(10),
      nest(11),
      keys,
      Array(201).fill(1),
      'x'.repeat(8193),
      Array(190).fill('é'.repeat(200)),
    ]) {
      expect(sanitiseParsed(input)).toEqual(sanitise(input));
    }
  });

  it('cuts objects at 500 keys and arrays at 200 items', () => {
    const keys = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
    expect(sanitise({ o: keys(500), l: Array(200).fill(1) }).truncated).toEqual([]);
    const { value, truncated } = sanitise({
      o: keys(501),
      l: Array(201).fill(1),
      s: new Set(Array(300).keys()),
    });
    const { o, l, s } = value as { o: object; l: unknown[]; s: unknown[] };
    expect([Object.keys(o).length, l.length, s.length]).toEqual([500, 200, 200]);
    expect(truncated).toEqual(['/o', '/l', '/s']);
  });

  it('cuts strings at 8 KiB of UTF-8, between characters', () => {
    const lengths = (text: string) => {
      const { value, truncated } = sanitise({ text });
      return [Buffer.byteLength((value as { text: string }).text), truncated];
    };
    expect(lengths('a'.repeat(8192))).toEqual([8192, []]);
    expect(lengths('a'.repeat(8193))).toEqual([8192, ['/text']]);
    expect(lengths('é'.repeat(4097))).toEqual([8192, ['/text']]);
    expect(lengths('😀'.repeat(2049))).toEqual([8192, ['/text']]);
    expect(lengths(`aaa${'😀'.repeat(2048)}`)).toEqual([8191, ['/text']]);
    expect(lengths('\0'.repeat(2731))).toEqual([8190, ['/text']]);
  });

  it('cuts at 48 KiB in all, and keeps later members that still fit', () => {
    const big = 'x'.repeat(8000);
    const { value, truncated } = sanitise({
      a: big,
      b: big,
      c: big,
      d: big,
      e: big,
      f: big,
      g: big,
      last: 1,
    });
    expect(Object.keys(value as object)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'last']);
    expect(truncated).toEqual(['/g']);
    expect(bytes(value)).toBeLessThanOrEqual(LIMITS.total);
    const list = sanitise(Array(150).fill({ text: 'y'.repeat(500) }));
    expect((list.value as unknown[]).length).toBe(96);
    expect((list.value as unknown[]).at(-2)).toEqual({ text: 'y'.repeat(500) });
    expect((list.value as unknown[]).at(-1)).toEqual({});
    expect(list.truncated).toEqual(['/95/text', '']);
  });

  it('ends on graphs that would unfold for ever', () => {
    let shared: unknown = 'leaf';
    for (let level = 0; level < 9; level++) shared = Array(200).fill(shared);
    const started = process.cpuUsage();
    expect(bytes(result(shared))).toBeLessThanOrEqual(LIMITS.total);
    expect(process.cpuUsage(started).user).toBeLessThan(2_000_000);
  });

  it('reports at most 50 places, and no pointer longer than 512', () => {
    const long = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`${at}`.padEnd(600, 'k'), 'x'.repeat(9000)]),
    );
    const { truncated } = sanitise(long);
    expect(truncated).toHaveLength(50);
    expect(Math.max(...truncated.map((pointer) => pointer.length))).toBe(512);
  });

  it('takes a 5 MB string or key without looking at all of it', () => {
    const huge = 'x'.repeat(5_000_000);
    expect(sanitise({ huge, [huge]: 1, a: 1 })).toMatchObject({ value: { huge: 'x'.repeat(8192), a: 1 } });
  });
});

/** JSON as hostile as it comes, with values that strain each limit. */
const json = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('\ud800', '\0\0\0', '"\\\n', 'x'.repeat(9000), 'é'.repeat(5000), '\u0001'.repeat(3000)),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('tree'), { maxLength: 12 }),
    fc.dictionary(
      fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('__proto__', 'constructor', '\udc00')),
      tie('tree'),
      { maxKeys: 12 },
    ),
  ),
})).tree;

describe('for any value', () => {
  it('is bounded, is JSON, and is the same when done again', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          json,
          fc.anything({
            withBigInt: true,
            withDate: true,
            withMap: true,
            withSet: true,
            withSparseArray: true,
            withTypedArray: true,
          }),
        ),
        (input) => {
          const once = sanitise(input);
          const twice = sanitise(once.value);
          expect(twice).toEqual({ value: once.value, truncated: [], notes: [] });
          if (once.value === undefined) return;
          expect(JSON.parse(JSON.stringify(once.value))).toEqual(JSON.parse(JSON.stringify(twice.value)));
          expect(bytes(once.value)).toBeLessThanOrEqual(LIMITS.total);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('the way for parsed JSON gives the same', () => {
    fc.assert(
      fc.property(json, (input) => {
        const parsed: unknown = JSON.parse(JSON.stringify(input));
        expect(sanitiseParsed(parsed)).toEqual(sanitise(parsed));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    { depth: 3, keys: 3, items: 2, string: 7, total: 60 },
    { depth: 2, keys: 4, items: 4, string: 60, total: 20_000 },
    { depth: 9, keys: 50, items: 50, string: 300, total: 400 },
  ])('the same with small limits, where every cut happens: %o', (limits) => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', '\n', 'é', '😀', '"'), maxLength: 120 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(fc.oneof(json, texts), (input) => {
        const once = sanitise(input, limits);
        expect(sanitise(once.value, limits)).toEqual({ value: once.value, truncated: [], notes: [] });
        const parsed: unknown = JSON.parse(JSON.stringify(input));
        expect(sanitiseParsed(parsed, limits)).toEqual(sanitise(parsed, limits));
        expect(bytes(once.value)).toBeLessThanOrEqual(limits.total);
      }),
      { numRuns: 400 },
    );
  });

  it('a clean tree is not copied', () => {
    const clean = { a: [1, 'é', null], ação: { b: true } };
    expect(sanitiseParsed(clean).value).toBe(clean);
  });
});

describe('in the tracker', () => {
  it('has no imports and weighs at most 1.3 KB', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stargate-sanitise-'));
    try {
      const source = fileURLToPath(new URL('../../src/event/sanitise.ts', import.meta.url));
      const entry = join(folder, 'entry.ts');
      writeFileSync(entry, `import { sanitise } from ${JSON.stringify(source)}; globalThis.s = sanitise;`);
      const [built] = (await build({
        root: folder,
        configFile: false,
        logLevel: 'silent',
        build: { write: false, target: 'es2017', lib: { entry, formats: ['iife'], name: 'x' } },
      })) as { output: { code: string }[] }[];
      const { code } = built!.output[0]!;
      expect(code).toMatch(/Circular/);
      expect(code).not.toMatch(/\bimport\b|\brequire\b|isWellFormed/);
      expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(1331);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
