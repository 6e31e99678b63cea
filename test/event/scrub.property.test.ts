import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitise } from '../../src/event/sanitise.js';
import { createScrubber } from '../../src/event/scrub.js';
import { isCard, isCnpj, isCpf, isPhone } from '../../src/event/scrub-checks.js';

const scrubber = createScrubber({ keys: [], allow: [] });
const scrub = (value: unknown): unknown => scrubber.tree(value, { redactions: 0 });
const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((list) => list.join(''));

/** The two digits that complete a CPF or CNPJ, found by trying: not the formula of the code under test. */
function complete(start: string, check: (text: string) => boolean): string {
  for (let end = 0; end < 100; end++) {
    const whole = start + String(end).padStart(2, '0');
    if (check(whole)) return whole;
  }
  throw new Error(`nothing completes ${start}`);
}

/** Groups of a text: `grouped('52998224725', '3.3.3-2')`. */
function grouped(text: string, form: string): string {
  const parts = [...form.matchAll(/(\d+)(\D*)/g)];
  let at = 0;
  return parts
    .map(([, count, glue]) => {
      at += Number(count);
      return text.slice(at - Number(count), at) + glue;
    })
    .join('');
}

const local = fc.stringMatching(/^[a-z][a-z0-9._+-]{0,14}[a-z0-9]$/);
const domain = fc
  .stringMatching(/^[a-z0-9]{1,10}(\.[a-z]{2,6}){1,2}$/)
  .filter((name) => !/^\dx\./.test(name));
const email = fc.tuple(local, domain).map(([user, host]) => `${user}@${host}`);
const cpf = fc
  .tuple(
    digits(9).filter((start) => !/^(.)\1*$/.test(start)),
    fc.constantFrom('3.3.3-2', '9-2', '3 3 3 2', '3.3.3/2', '3-3-3-2'),
  )
  .map(([start, form]) => grouped(complete(start, isCpf), form));
const cnpj = fc
  .tuple(
    fc.stringMatching(/^[0-9A-Z]{12}$/).filter((start) => !/^(.)\1*$/.test(start)),
    fc.constantFrom('2.3.3/4-2', '8/4-2', '2 3 3/4-2'),
  )
  .map(([start, form]) => grouped(complete(start, isCnpj), form));
const card = fc
  .tuple(
    fc.constantFrom('4', '51', '55', '2221', '2720', '6011', '65', '3528', '62', '5067', '606282'),
    digits(15),
    fc.constantFrom('16', '4 4 4 4', '4-4-4-4', '4.4.4.4'),
  )
  .map(([prefix, rest, form]) => {
    const start = (prefix + rest).slice(0, 15);
    const last = [...'0123456789'].find((digit) => isCard(start + digit))!;
    return grouped(start + last, form);
  });
const phone = fc
  .tuple(
    fc.constantFrom('11', '21', '31', '85', '99'),
    digits(8),
    fc.constantFrom('(2) 5-4', '+55 2 5-4', '+55255', '2 5-4', '(2)5-4', '+55 (2) 5 4', '2 5.4'),
  )
  .map(([area, rest, form]) =>
    form === '+55255'
      ? `+55${area}9${rest}`
      : form.replace('2', area).replace(/5([ .-])4$/, `9${rest.slice(0, 4)}$1${rest.slice(4)}`),
  );

const personal = fc.oneof(email, cpf, cnpj, card, phone);
/** Around the datum: words and punctuation that cannot be taken for a part of it. */
const before = fc.constantFrom(
  '',
  'Olá ',
  'fone: ',
  'total 3, ',
  '(',
  '"',
  '<b>',
  'x=',
  '/?q=',
  '/?a=1&q=',
  'a/',
  '[',
  '\n',
  'é ',
  'n° ',
  '=',
);
const after = fc.constantFrom(
  '',
  ' fim',
  ', 3',
  ')',
  '"',
  '</b>',
  '&p=2',
  '#top',
  '/x',
  ']',
  '\n',
  '; ',
  '. Ok',
  '?',
);

/** A neutral place in a tree: below keys that say nothing. */
const place = (leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(leaf, fc.array(fc.constantFrom('a', 'eventLabel', 'page', 'ecommerce', 0), { maxLength: 4 }))
    .map(([value, path]) =>
      path.reduceRight<unknown>(
        (inner, key) => (key === 0 ? ['x', inner] : { [key]: inner, after: 1 }),
        value,
      ),
    );

describe('no personal datum survives', () => {
  it.each([
    ['in texts', (text: string) => text],
    ['percent-encoded', (text: string) => `/?q=${encodeURIComponent(text)}&p=1`],
    [
      'percent-encoded twice',
      (text: string) => `/?u=${encodeURIComponent(`https://a.example/?q=${encodeURIComponent(text)}`)}`,
    ],
    ['as form data', (text: string) => `a=1&q=${encodeURIComponent(text).replace(/%20/g, '+')}`],
    ['in JSON in a string', (text: string) => JSON.stringify({ label: text, n: 1 })],
    ['in JSON that was cut', (text: string) => `{"label":${JSON.stringify(text)},"n":[1,`],
  ])('%s', (_, wrap) => {
    fc.assert(
      fc.property(before, personal, after, (start, datum, end) => {
        const out = JSON.stringify(scrub({ eventLabel: wrap(start + datum + end) }));
        const seen = decodeURIComponent(decodeURIComponent(out.replace(/%(?![\da-f]{2})/gi, '%25')));
        expect(seen).not.toContain(datum);
        expect(seen.replaceAll('+', ' ')).not.toContain(datum);
      }),
      { numRuns: 1500 },
    );
  });

  it('anywhere in a tree, several at once, and as a key', () => {
    fc.assert(
      fc.property(
        place(fc.array(fc.tuple(before, personal, after), { minLength: 1, maxLength: 4 })),
        (tree) => {
          const data: string[] = [];
          const joined = JSON.parse(JSON.stringify(tree), (_, value) => {
            if (
              !Array.isArray(value) ||
              value.length !== 3 ||
              !value.every((part) => typeof part === 'string')
            )
              return value;
            data.push(String(value[1]));
            return ` ${value.join('')} `;
          });
          const out = JSON.stringify(scrub({ joined, [data[0] ?? 'none']: 1 }));
          for (const datum of data) expect(out).not.toContain(datum);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('whatever its type, under a personal key', () => {
    const keys = fc.constantFrom(
      'email',
      'customerBillingCity',
      'user.phone',
      'CPF',
      'first_name',
      'endereço',
      'user_data',
      'senha',
    );
    const marked = fc.oneof(
      fc.constant('SECRETDATUM'),
      fc.constant({ a: ['SECRETDATUM'] }),
      fc.constant(['x', 'SECRETDATUM']),
    );
    fc.assert(
      fc.property(place(fc.tuple(keys, marked).map(([key, value]) => ({ [key]: value, ok: 1 }))), (tree) => {
        expect(JSON.stringify(scrub(tree))).not.toContain('SECRETDATUM');
      }),
    );
  });
});

describe('for any value', () => {
  const near = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789.-/ ()+@%=&?#4a{}[]":,'), maxLength: 60 }),
    fc.tuple(before, personal, after, personal).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
  );
  const key = fc.oneof(
    fc.constantFrom(
      'name',
      'value',
      'email',
      'user',
      'items',
      'id',
      'inputs',
      'token',
      'user_id',
      'card',
      'customer',
      'orderData',
      'data',
    ),
    near,
  );
  const tree = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(near, fc.double(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  })).tree;

  it('scrubbing again changes and counts nothing', () => {
    fc.assert(
      fc.property(tree, (input) => {
        const { value } = sanitise(input);
        const once = scrub(value);
        const tally = { redactions: 0 };
        const twice = scrubber.tree(once, tally);
        expect(twice).toEqual(once);
        expect(twice).toBe(once);
        expect(tally.redactions).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('what is scrubbed is still sanitised JSON, and the input is as it was', () => {
    fc.assert(
      fc.property(tree, (input) => {
        const { value } = sanitise(input);
        const copy = JSON.stringify(value);
        const tally = { redactions: 0 };
        const out = scrubber.tree(value, tally);
        expect(JSON.stringify(value)).toBe(copy);
        expect(tally.redactions > 0).toBe(out !== value);
        expect(sanitise(out).notes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('nothing is written twice', () => {
    const words = fc.constantFrom(
      'name',
      'email',
      'token',
      'user_id',
      'gclid',
      'tel',
      'q',
      '=',
      '=',
      '&',
      ' ',
      '?',
      'x',
      '1',
      ';',
      '/',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
        const given = parts.join('');
        const tally = { redactions: 0 };
        const out = scrubber.text(given, tally);
        expect(out.length).toBeLessThanOrEqual(given.length + tally.redactions * '[address]'.length);
        expect(out.replace(/\[\w+\]/g, '').length).toBeLessThanOrEqual(given.length);
        if (tally.redactions === 0) expect(out).toBe(given);
      }),
      { numRuns: 2000 },
    );
  });

  it('texts without digits, signs and personal keys stay', () => {
    const plain = fc.string({ unit: fc.constantFrom(...'abcdefghij ABCÇãé-_.,:;!?()/|'), maxLength: 80 });
    fc.assert(
      fc.property(plain, (text) => {
        expect(scrubber.text(text, { redactions: 0 })).toBe(text);
      }),
    );
  });
});

describe('check digits', () => {
  it('exactly one pair of digits completes a CPF or CNPJ', () => {
    const pairs = Array.from({ length: 100 }, (_, end) => String(end).padStart(2, '0'));
    fc.assert(
      fc.property(digits(9), fc.stringMatching(/^[0-9A-Z]{12}$/), (nine, twelve) => {
        fc.pre(!/^(.)\1*$/.test(nine) && !/^(.)\1*$/.test(twelve));
        expect(pairs.filter((pair) => isCpf(nine + pair))).toHaveLength(1);
        expect(pairs.filter((pair) => isCnpj(twelve + pair))).toHaveLength(1);
      }),
    );
  });

  it.each([
    [isCpf, '52998224725', true],
    [isCpf, '11144477735', true],
    [isCpf, '00000000191', true],
    [isCpf, '11111111111', false],
    [isCpf, '5299822472', false],
    [isCnpj, '11222333000181', true],
    [isCnpj, '12ABC34501DE35', true],
    [isCnpj, '00000000000191', true],
    [isCnpj, '00000000000000', false],
    [isCnpj, '12abc34501de35', false],
    [isCard, '4111111111111111', true],
    [isCard, '6200000000125', false],
    [isCard, '4222222222222', false], // 13 digits: no longer issued
    [isCard, '1234567812345670', false], // the sum is right, but nobody issues it
    [isCard, '6304000000000000', true],
    [isPhone, '11912345678', true],
    [isPhone, '551132345678', true],
    [isPhone, '20912345678', false],
    [isPhone, '11812345678', false],
  ])('%o of %s is %s', (check, text, expected) => {
    expect(check(text)).toBe(expected);
  });
});

describe('time', () => {
  const size = 100_000;
  const shapes = [
    'a',
    '@',
    'a@',
    'a@a.aa',
    '1',
    '1 ',
    '1.',
    '1-',
    '(',
    '(11) ',
    '+55 ',
    '%',
    '%40',
    '%25',
    '=',
    'a=',
    'email=',
    'tel=',
    'em=',
    'name=',
    'user_id=',
    'x%40/',
    '&a=',
    '1=',
    '://',
    '://a@',
    '{',
    '{"a":',
    '[',
    '["',
    '"a":"',
    '\\',
    '\\"',
    '4111 1111 1111 111',
    '4111111111111111',
    '529.982.247-',
    '11.222.333/0001-',
    '.',
    '-',
    '/',
    'cpf',
    '&#',
    '&#0',
    '%2525',
    'é',
    '😀',
    ' ',
    '[email]',
    '123.456.789-09',
    'a.',
    'a@a.',
  ];

  it.each(shapes)('is linear for 100 KB of %s', (shape) => {
    const hostile = [
      shape.repeat(Math.ceil(size / shape.length)),
      `{"a":"${shape.repeat(Math.ceil(size / shape.length))}`,
      `1@=%40${shape.repeat(Math.ceil(size / shape.length))}@`,
    ];
    for (const given of hostile) {
      const best = Math.min(
        ...[1, 2, 3].map(() => {
          const started = process.cpuUsage();
          scrubber.text(given, { redactions: 0 });
          const { user, system } = process.cpuUsage(started);
          return (user + system) / 1000;
        }),
      );
      expect(best, `${given.slice(0, 20)}…`).toBeLessThan(150);
    }
  });
});
