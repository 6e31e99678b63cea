import { describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/examine.js';
import { bytes, type Check, failed, ok, shared, span, word } from '../../src/doctor/port.js';
import { StargateError } from '../../src/errors.js';

const check = (look: Check['look']): Check => ({ code: 'STG_CLOCK', look });

describe('examine', () => {
  it('tells what was seen, in the order of the checks, and leaves out what does not arise', async () => {
    const later = check(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return failed('wrong', 'mend it');
    });
    const found = await examine([later, check(async () => null), check(async () => ok('fine'))]);
    expect(found).toEqual([
      { code: 'STG_CLOCK', component: 'machine', state: 'failed', detail: 'wrong', fix: 'mend it' },
      { code: 'STG_CLOCK', component: 'machine', state: 'ok', detail: 'fine', fix: null },
    ]);
  });

  it.each<[string, Error, object]>([
    [
      'an error of ours',
      new StargateError('STG_LOG_TOPIC_MISSING', { got: 'no topic t' }),
      {
        detail: 'The Kafka topic does not exist. no topic t',
        fix: 'Run stargate setup with the same --log to create it.',
      },
    ],
    ['any other', new Error('boom'), { detail: 'boom', fix: null }],
  ])('a check that throws %s is unknown, never ok', async (_, error, told) => {
    const [found] = await examine([check(() => Promise.reject(error))]);
    expect(found).toMatchObject({ state: 'unknown', ...told });
  });

  it('gives up a check that does not end, and only that one', async () => {
    const found = await examine([check(() => new Promise(() => {})), check(async () => ok('fine'))], 30);
    expect(found.map(({ state, detail }) => [state, detail])).toEqual([
      ['unknown', 'no answer within 0.03 s'],
      ['ok', 'fine'],
    ]);
  });
});

describe('what checks have in common', () => {
  it('asks once for all who need the same', async () => {
    let asked = 0;
    const facts = shared(async () => ++asked);
    expect(await Promise.all([facts(), facts(), facts()])).toEqual([1, 1, 1]);
  });

  it.each([
    [0, '0 bytes'],
    [1_023, '1023 bytes'],
    [1_536, '1.5 KiB'],
    [41 * 2 ** 30, '41.0 GiB'],
    [512 * 2 ** 20, '512 MiB'],
    [5 * 2 ** 50, '5120 TiB'],
  ])('%d is %s', (n, text) => expect(bytes(n)).toBe(text));

  it.each([
    [0.04, '0 s'],
    [4.26, '4.3 s'],
    [61, '61 s'],
    [600, '10 min'],
    [7_200, '2 h'],
    [604_800, '7 days'],
  ])('%d seconds are %s', (n, text) => expect(span(n)).toBe(text));

  it.each([
    ['kafka://a:1,b:2/t', 'kafka://a:1,b:2/t'],
    ['kafka://a/t?tls&sasl=plain', "'kafka://a/t?tls&sasl=plain'"],
    ["it's", "'it'\\''s'"],
  ])('%s is %s in a shell', (text, quoted) => expect(word(text)).toBe(quoted));
});
